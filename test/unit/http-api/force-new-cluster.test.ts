import assert from "node:assert/strict";
import { test } from "node:test";
import { SwarmError } from "../../../shared/errors.ts";
import { askApi } from "../../support/ask-api.ts";
import { fakeBackend } from "../../support/fake-backend.ts";

type Noted = (readonly [name: string, request: unknown])[];

const LOCAL = { info: async () => ({ state: "ACTIVE", controlAvailable: true, nodeId: "n1" }) };

/** As docker's client sends it, all of it, whatever was typed. */
const DOCKERS = {
  ...{ ListenAddr: "0.0.0.0:2377", AdvertiseAddr: "", DataPathAddr: "", DataPathPort: 0, ForceNewCluster: true },
  ...{ AutoLockManagers: false, Availability: "active", DefaultAddrPool: null, SubnetSize: 24 },
  Spec: { Labels: null, Raft: { ElectionTick: 0 }, EncryptionConfig: { AutoLockManagers: false } },
};
const KEPT = { advertiseAddress: "", listenAddress: "", dataPathAddress: "", defaultSubnetPrefix: 0, dataPathPort: 0 };

for (const [what, body, sent] of [
  ["with nothing", DOCKERS, KEPT],
  ["with another address", { ...DOCKERS, AdvertiseAddr: "10.0.0.9" }, { ...KEPT, advertiseAddress: "10.0.0.9" }],
  ["with a place to listen", { ...DOCKERS, ListenAddr: "10.0.0.9:2399" }, { ...KEPT, listenAddress: "10.0.0.9:2399" }],
  ["with a size, which the daemon refuses", { ...DOCKERS, SubnetSize: 26 }, { ...KEPT, defaultSubnetPrefix: 26 }],
] as const) {
  test(`docker swarm init --force-new-cluster ${what} leaves the rest as it is`, async () => {
    const noted: Noted = [];
    const backend = fakeBackend({ local: { ...LOCAL, init: async () => ({ nodeId: "n1" }) }, control: {} }, noted);
    const { status, json } = await askApi(backend, "POST /swarm/init", { body });
    assert.deepEqual([status, json], [200, "n1"]);
    const asked = noted.filter(([name]) => name !== "local.info");
    assert.deepEqual(
      asked.map(([name]) => name),
      ["local.init"],
      "no setting of the swarm is written",
    );
    assert.partialDeepStrictEqual(asked[0]?.[1] as object, { ...sent, forceNewCluster: true });
  });
}

test("settings of a swarm are refused before anything is asked", async () => {
  const noted: Noted = [];
  const backend = fakeBackend({ local: { ...LOCAL, init: async () => ({ nodeId: "n1" }) }, control: {} }, noted);
  const body = { ...DOCKERS, Spec: { Orchestration: { TaskHistoryRetentionLimit: 3 } } };
  const { status, json } = await askApi(backend, "POST /swarm/init", { body });
  assert.equal(status, 400);
  assert.match((json as { message: string }).message, /force-new-cluster keeps all settings/);
  assert.deepEqual(
    noted.filter(([name]) => name === "local.init"),
    [],
  );
});

test("what the state of the managers forbids is 503, as all that a host's state forbids", async () => {
  const init = async () => {
    throw new SwarmError("failedPrecondition", "The swarm has a leader, so nothing is lost");
  };
  const { status } = await askApi(fakeBackend({ local: { ...LOCAL, init } }), "POST /swarm/init", { body: DOCKERS });
  assert.equal(status, 503);
});
