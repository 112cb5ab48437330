import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseImageReference, withDefaultTag } from "../../../../shared/image-reference.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { digestOf } from "../../../../shared/registry/registry-door.ts";
import type { PullProgress } from "../../../../shared/rpc/gen/images.ts";
import { AuthFiles } from "../../../../worker/images/auth-files.ts";
import { BlobCache } from "../../../../worker/images/pull/blob-cache.ts";
import { platformOfHost } from "../../../../worker/images/pull/manifest.ts";
import { Puller } from "../../../../worker/images/pull/puller.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const ROOT = "/data/images";
const NAME = "docker.io/library/nginx:latest";
const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const config = Buffer.from('{"rootfs":{"diff_ids":[]}}');
const CONFIG = { digest: digestOf(config), size: config.length };
const LAYER = { digest: digest("1"), size: 5 };
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: CONFIG, layers: [LAYER] }));
const entry = { digest: digestOf(manifest), size: manifest.length, platform: { os: "linux", architecture: "amd64" } };
const list = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [entry] }));

/** An image as the store lists it, and the layer below it. */
interface InStore {
  readonly id?: string;
  readonly names?: readonly string[];
  readonly manifests?: readonly Buffer[];
  readonly layers?: readonly unknown[];
}

/** A registry that has `nginx:latest`, for several platforms, and a store with what is given. */
async function setUp({ id, names = [NAME], manifests = [manifest, list], layers = [{ id: "top" }] }: InStore) {
  const files = new MemoryHostFiles();
  const digests = manifests.map((bytes) => `manifest-${digestOf(bytes)}`);
  const imageId = id ?? CONFIG.digest.slice("sha256:".length);
  const image = { id: imageId, names, layer: "top", "big-data-names": [`sha256:${imageId}`, ...digests] };
  files.put(`${ROOT}/overlay-images/images.json`, JSON.stringify([image]));
  files.put(`${ROOT}/overlay-layers/layers.json`, JSON.stringify(layers));
  const credentials = { find: async () => ({ kind: "anonymous" }) as const };
  const programs: string[] = [];
  const answerOf = (url: string): Buffer | null => {
    if (url.endsWith("/v2/")) return Buffer.from("{}");
    if (url.endsWith("/manifests/latest")) return list;
    return url.endsWith(`/manifests/${entry.digest}`) ? manifest : null;
  };
  const puller = new Puller(
    { skopeo: "skopeo", storeRoot: ROOT, storeRun: "/run/images", registriesConf: "", policy: null },
    {
      http: {
        async ask({ url }) {
          const body = answerOf(url);
          return { status: body === null ? 404 : 200, header: () => "", body: body ?? Buffer.alloc(0) };
        },
        // Of blobs only the configuration is missing, whatever the store has.
        open: async () => ({
          ...{ status: 200, header: () => "", body: ReadableStream.from([config]) },
          [Symbol.dispose]: () => {},
        }),
      },
      files: { conf: () => [], credentials: () => [], certificates: () => null, isSpecial: () => false },
      credentials: credentials as never,
      hostFiles: files,
      commands: {
        async run(argv) {
          programs.push(argv.find((word) => word.startsWith("dir:")) === undefined ? "other" : "copy");
          return { exitCode: 0, stdout: "", stderr: "" };
        },
      },
      clock: new VirtualClock(),
      log: silentLogger,
      blobs: new BlobCache(`${ROOT}/blobs`, files),
      authFiles: await AuthFiles.open("/run/logins", files, credentials as never),
    },
  );
  const seen: PullProgress[] = [];
  const pull = async (): Promise<string> =>
    await puller.pull(withDefaultTag(parseImageReference("nginx")), {
      platform: platformOfHost("x64"),
      known: new Set([LAYER.digest]),
      signal: new AbortController().signal,
      report: (progress) => seen.push(progress),
    });
  return { pull, programs, seen };
}

describe("the puller", () => {
  it("starts no program for an image that the store has under that name already", async () => {
    const { pull, programs, seen } = await setUp({});
    assert.equal(await pull(), digestOf(list));
    assert.deepEqual(programs, []);
    assert.deepEqual(
      seen.at(-1)?.layers.map(({ state }) => state),
      ["EXISTS"],
    );
  });

  const others: Readonly<Record<string, InStore>> = {
    "another image": { id: "d".repeat(64) },
    "the image under its digest only": { names: [`docker.io/library/nginx@${digestOf(list)}`] },
    "the image of another list": { manifests: [manifest] },
    "the image of another manifest": { manifests: [list] },
    "the image without a layer of its": { layers: [] },
  };
  for (const [what, inStore] of Object.entries(others)) {
    it(`brings the image where the store has ${what}`, async () => {
      const { pull, programs } = await setUp(inStore);
      await pull();
      assert.ok(programs.includes("copy"), `started: ${programs.join(", ")}`);
    });
  }
});
