import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { askApi } from "../../support/ask-api.ts";
import { type FakeCalls, fakeBackend } from "../../support/fake-backend.ts";
import { createCluster, createClusterSpec, createNode } from "../../support/objects.ts";

type Noted = (readonly [name: string, request: unknown])[];

const KEY = `SWMKEY-1-${"A".repeat(43)}`;
const LOCKED =
  'Swarm is encrypted and needs to be unlocked before it can be used. Please use "swarmctl unlock" to unlock it.';
const refusing = (code: SwarmError["code"], sentence: string) => async () => {
  throw new SwarmError(code, sentence);
};

function managerOf(autoLockManagers: boolean, more: FakeCalls = {}, noted: Noted = []) {
  const cluster = { ...createCluster({ spec: createClusterSpec({ autoLockManagers }) }), rootCa: null };
  return fakeBackend(
    {
      local: { info: async () => ({ state: "ACTIVE", controlAvailable: true }), init: async () => ({ nodeId: "n1" }) },
      control: {
        getCluster: async () => ({ cluster }),
        updateCluster: async () => ({}),
        getUnlockKey: async () => ({ unlockKey: autoLockManagers ? KEY : "" }),
        getNode: async () => ({ node: { ...createNode("n1"), status: { state: "READY" } } }),
      },
      ...more,
    },
    noted,
  );
}

test("init locks a swarm from its beginning, whichever of Docker's two ways asks for it", async () => {
  const no = { EncryptionConfig: { AutoLockManagers: false } };
  for (const body of [
    { AutoLockManagers: true },
    { AutoLockManagers: true, Spec: no },
    { Spec: { EncryptionConfig: { AutoLockManagers: true } } },
  ]) {
    const noted: Noted = [];
    assert.equal((await askApi(managerOf(true, {}, noted), "POST /swarm/init", { body })).status, 200);
    const sent = noted.find(([name]) => name === "local.init")?.[1];
    assert.partialDeepStrictEqual(sent as object, { autoLockManagers: true });
    // What the request leaves out stays: settings that follow do not take the lock away again.
    const settings = noted.find(([name]) => name === "control.updateCluster")?.[1];
    assert.partialDeepStrictEqual(settings as object, { spec: { autoLockManagers: true } });
  }
});

test("update turns the lock on and off, and rotates the key only where there is one, as Docker has it", async () => {
  for (const [query, on, asked, spec, rotate] of [
    ["", false, true, true, false],
    ["", true, false, false, false],
    ["&rotateManagerUnlockKey=true", true, true, true, true],
    ["&rotateManagerUnlockKey=true", false, false, false, false],
  ] as const) {
    const noted: Noted = [];
    const body = { EncryptionConfig: { AutoLockManagers: asked } };
    assert.equal(
      (await askApi(managerOf(on, {}, noted), `POST /swarm/update?version=1${query}`, { body })).status,
      200,
    );
    const sent = noted.find(([name]) => name === "control.updateCluster")?.[1];
    assert.partialDeepStrictEqual(sent as object, { spec: { autoLockManagers: spec }, rotateUnlockKey: rotate });
  }
});

test("the key is shown by its own path, and whether there is one by the swarm's settings", async () => {
  for (const on of [true, false]) {
    assert.deepEqual((await askApi(managerOf(on), "GET /swarm/unlockkey")).json, { UnlockKey: on ? KEY : "" });
    const { json } = await askApi(managerOf(on), "GET /swarm");
    assert.partialDeepStrictEqual(json as object, { Spec: { EncryptionConfig: { AutoLockManagers: on } } });
    assert.ok(!JSON.stringify(json).includes(KEY));
  }
});

test("a locked manager says so in Docker's words, with 503, and in its state", async () => {
  const info = async () => ({ state: "LOCKED", error: LOCKED, nodeId: "n1" });
  const locked = fakeBackend({
    local: { info, leave: refusing("failedPrecondition", "Swarm is encrypted and locked."), unlock: async () => ({}) },
    control: new Proxy({}, { get: () => refusing("unavailable", LOCKED) }),
  });
  for (const request of ["GET /swarm", "GET /nodes", "GET /swarm/unlockkey", "GET /services", "POST /swarm/leave"]) {
    const { status, json } = await askApi(locked, request);
    assert.equal(status, 503, request);
    if (request.startsWith("GET"))
      assert.match((json as { message: string }).message, /Please use "docker swarm unlock"/);
  }
  assert.equal((await askApi(locked, "GET /_ping")).headers["Swarm"], "locked");
  assert.equal((await askApi(locked, "POST /swarm/unlock", { body: { UnlockKey: KEY } })).status, 200);
});

test("unlocking is refused as Docker refuses it", async () => {
  const body = { UnlockKey: KEY };
  const local = (info: object, code: SwarmError["code"] = "unauthenticated") =>
    fakeBackend({ local: { info: async () => info, unlock: refusing(code, "no") } });
  for (const [backend, status] of [
    [local({ state: "LOCKED" }), 401],
    [local({ state: "LOCKED" }, "invalidArgument"), 400],
    [local({ state: "ACTIVE", controlAvailable: true }), 409],
    [local({ state: "ACTIVE", controlAvailable: false }), 503],
    [local({ state: "INACTIVE" }), 503],
    [local({ state: "PENDING", error: "" }), 503],
  ] as const) {
    assert.equal((await askApi(backend, "POST /swarm/unlock", { body })).status, status);
  }
});
