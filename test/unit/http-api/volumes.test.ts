import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ROUTES } from "../../../http-api/routes.ts";
import { type ApiSocket, startApi } from "../../support/api-socket.ts";
import { fakeBackend } from "../../support/fake-backend.ts";

const VOLUME = {
  ...{ name: "v", mountpoint: "/m", createdAtMs: 0, labels: {}, options: { type: "nfs" } },
  ...{ anonymous: false, usedBy: ["c"], sizeBytes: -1 },
};

describe("Docker's operations on volumes and the disk", () => {
  const noted: (readonly [string, unknown])[] = [];
  let api: ApiSocket;
  before(async () => {
    const volumes = {
      create: async () => ({ volume: VOLUME }),
      list: async ({ sizes }: { sizes?: boolean }) => ({
        volumes: [sizes === true ? { ...VOLUME, sizeBytes: 7, options: {} } : VOLUME],
      }),
      prune: async () => ({ removed: ["v"], reclaimedBytes: 5, failures: [] }),
      remove: async () => ({}),
    };
    const images = { list: async () => ({ images: [], layersBytes: 11 }) };
    const containers = { list: async () => ({ containers: [] }) };
    api = await startApi({ backend: fakeBackend({ volumes, images, containers }, noted), routes: ROUTES });
  });
  after(() => api[Symbol.asyncDispose]());
  const post = (target: string, value: unknown) =>
    api.ask("POST", target, { body: JSON.stringify(value), headers: { "content-type": "application/json" } });
  const filters = (value: unknown): string => encodeURIComponent(JSON.stringify(value));

  it("make a volume as the body says", async () => {
    const { status, body } = await post("/v1.50/volumes/create", {
      ...{ Name: "v", Driver: "local", DriverOpts: { type: "nfs" }, Labels: null },
    });
    assert.equal(status, 201);
    assert.deepEqual(JSON.parse(body), {
      ...{ CreatedAt: "0001-01-01T00:00:00Z", Driver: "local", Labels: null, Mountpoint: "/m", Name: "v" },
      ...{ Options: { type: "nfs" }, Scope: "local" },
    });
    assert.deepEqual(noted.at(-1)?.[1], { name: "v", driver: "local", options: { type: "nfs" }, labels: {} });
  });

  for (const [value, status] of [
    [{ Name: 1 }, 400],
    [{ Labels: { a: 1 } }, 400],
    [{ ClusterVolumeSpec: {} }, 501],
  ] as const) {
    it(`refuse ${JSON.stringify(value)}`, async () => {
      assert.equal((await post("/volumes/create", value)).status, status);
    });
  }

  it("list what matches, and nothing of another driver", async () => {
    const found = JSON.parse((await api.ask("GET", "/volumes")).body);
    assert.deepEqual([found.Volumes.length, found.Warnings], [1, null]);
    const nfs = await api.ask("GET", `/volumes?filters=${filters({ driver: { nfs: true } })}`);
    assert.deepEqual(JSON.parse(nfs.body), { Volumes: [], Warnings: null });
    assert.equal((await api.ask("GET", `/volumes?filters=${filters({ colour: ["red"] })}`)).status, 400);
  });

  it("prune anonymous volumes alone, unless told otherwise or asked by an old client", async () => {
    const all = async (target: string): Promise<unknown> => {
      await api.ask("POST", target);
      const [, request] = noted.at(-1) ?? [];
      return (request as { all: boolean } | undefined)?.all;
    };
    assert.deepEqual(
      [
        await all("/v1.50/volumes/prune"),
        await all(`/v1.50/volumes/prune?filters=${filters({ all: ["true"] })}`),
        await all("/v1.41/volumes/prune"),
      ],
      [false, true, true],
    );
  });

  it("tell what the disk holds, and only of what is asked for", async () => {
    const whole = JSON.parse((await api.ask("GET", "/v1.50/system/df")).body);
    assert.deepEqual(Object.keys(whole).sort(), ["BuildCache", "Containers", "Images", "LayersSize", "Volumes"]);
    assert.deepEqual(whole.Volumes[0].UsageData, { RefCount: 1, Size: 7 });
    assert.deepEqual(Object.keys(JSON.parse((await api.ask("GET", "/system/df?type=volume")).body)), ["Volumes"]);
    assert.equal((await api.ask("GET", "/system/df?type=colour")).status, 400);
  });

  it("know no plugins", async () => {
    assert.equal((await api.ask("GET", "/plugins")).body.trim(), "[]");
    assert.equal((await api.ask("GET", "/plugins/a/b/json")).status, 404);
  });
});
