import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SwarmError } from "../../../../shared/errors.ts";
import { parseImageReference } from "../../../../shared/image-reference.ts";
import { progressWords } from "../../../../shared/objects/pull-words.ts";
import type { LayerProgress, PullProgress } from "../../../../shared/rpc/gen/images.ts";
import {
  entryFor,
  LAYERS_MAX,
  type ListEntry,
  parseManifest,
  parsePlatform,
  platformOfHost,
} from "../../../../worker/images/pull/manifest.ts";
import { ProgressBoard } from "../../../../worker/images/pull/progress-board.ts";
import { judgementOf } from "../../../../worker/images/pull/signature-policy.ts";

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const entry = (platform: string, at: string): ListEntry => ({
  digest: digest(at),
  size: 1,
  platform: parsePlatform(platform),
});
const manifest = (content: unknown): Buffer => Buffer.from(JSON.stringify(content));

describe("a manifest", () => {
  const config = { digest: digest("c"), size: 10 };

  it("gives the configuration and the layers", () => {
    const layers = [{ digest: digest("1"), size: 5 }];
    const parsed = parseManifest(manifest({ schemaVersion: 2, config, layers }), "x");
    assert.deepEqual(parsed, { kind: "image", image: { config, layers } });
  });

  it("that cannot be an image's is refused with a sentence", () => {
    const bad: readonly unknown[] = [
      { schemaVersion: 2, config, layers: Array(LAYERS_MAX + 1).fill(config) },
      { schemaVersion: 2, config, layers: [{ digest: "sha256:../../etc", size: 5 }] },
      { schemaVersion: 2, config, layers: [{ digest: digest("1"), size: -1 }] },
      { schemaVersion: 2, config, layers: [{ digest: digest("1"), size: 1e15 }] },
      { schemaVersion: 2, config: { ...config, size: 1 << 30 }, layers: [] },
    ];
    for (const content of bad) {
      assert.throws(() => parseManifest(manifest(content), "x"), { code: "failedPrecondition" });
    }
  });

  it("of an older kind or of Windows is left to skopeo", () => {
    assert.equal(parseManifest(manifest({ schemaVersion: 1, fsLayers: [] }), "x").kind, "foreign");
    const layers = [{ digest: digest("1"), size: 5, urls: ["https://elsewhere"] }];
    assert.equal(parseManifest(manifest({ schemaVersion: 2, config, layers }), "x").kind, "foreign");
  });

  it("of a list offers what runs here, the best variant first", () => {
    const list = [entry("linux/arm/v6", "6"), entry("linux/arm/v7", "7"), entry("linux/amd64", "a")];
    assert.equal(entryFor(list, platformOfHost("x64"))?.digest, digest("a"));
    assert.equal(entryFor(list, platformOfHost("arm"))?.digest, digest("7"));
    assert.equal(entryFor(list, parsePlatform("linux/arm/v6"))?.digest, digest("6"));
    assert.equal(entryFor(list, parsePlatform("linux/s390x")), null);
    assert.equal(entryFor([entry("linux/arm64", "8")], platformOfHost("arm64"))?.digest, digest("8"));
  });

  it("is understood or refused, whatever a registry sends", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        try {
          parseManifest(Buffer.from(text), "x");
        } catch (error) {
          assert.ok(error instanceof SwarmError);
        }
      }),
    );
  });
});

describe("the signature policy", () => {
  const every = [{ type: "insecureAcceptAnything" }];
  const none = [{ type: "reject" }];
  const signed = [{ type: "signedBy", keyType: "GPGKeys", keyPath: "/k" }];
  const docker = (scopes: unknown, other: unknown = every): string =>
    JSON.stringify({ default: other, transports: { docker: scopes } });
  const judge = (policy: string, image: string) => judgementOf(policy, parseImageReference(image));

  it("judges by the longest scope that holds the image", () => {
    const policy = docker({ "reg.example": none, "reg.example/team": every, "reg.example/team/app:1": signed });
    assert.equal(judge(policy, "reg.example/other"), "none");
    assert.equal(judge(policy, "reg.example/team/app:2"), "any");
    assert.equal(judge(policy, "reg.example/team/app:1"), "signed");
    assert.equal(judge(policy, "nginx"), "any");
    assert.equal(judge(docker({ "docker.io/library/nginx": signed }), "nginx:1"), "signed");
  });

  it("knows domains, the whole transport and the default", () => {
    assert.equal(judge(docker({ "*.example": none }), "a.b.example/x"), "none");
    assert.equal(judge(docker({ "": signed }), "nginx"), "signed");
    assert.equal(judge(docker({}, none), "nginx"), "none");
    assert.equal(judge(JSON.stringify({ default: every }), "nginx"), "any");
  });

  it("leaves to skopeo what it does not understand, and never accepts it", () => {
    for (const rules of [[], [{ type: "future" }], [...every, { type: "sigstoreSigned" }], "x", null]) {
      assert.equal(judge(docker({}, rules), "nginx"), "signed");
    }
    assert.throws(() => judge("{", "nginx"), { code: "failedPrecondition" });
  });
});

describe("the progress of a pull", () => {
  const layer = (at: string, change: Partial<LayerProgress>): LayerProgress => ({
    digest: digest(at),
    state: "DOWNLOADING",
    current: 0,
    total: 0,
    ...change,
  });
  const words = (layers: readonly LayerProgress[], change: Partial<PullProgress> = {}): string =>
    progressWords({ image: "nginx:1", layers, isWhole: true, bytesSoFar: 0, result: null, ...change });

  it("is told in percent and bytes, without what was here before", () => {
    const here = layer("0", { state: "EXISTS", current: 50e6, total: 50e6 });
    assert.equal(words([here, layer("1", { current: 13.7e6, total: 30e6 })]), "pulling nginx:1: 45 %, 13 of 30 MB");
    assert.equal(words([layer("1", { current: 3e3, total: 9e3 })]), "pulling nginx:1: 33 %, 3 of 9 kB");
    assert.equal(words([layer("1", { current: 30e6, total: 30e6 })]), "pulling nginx:1: unpacking 30 MB");
    assert.equal(words([], { isWhole: false }), "pulling nginx:1");
    assert.equal(words([], { isWhole: false, bytesSoFar: 5e6 }), "pulling nginx:1: 5 MB so far");
  });

  it("is reported for visible steps only, and for each change of state", () => {
    const seen: PullProgress[] = [];
    const blobs = [
      { digest: digest("1"), size: 1e9 },
      { digest: digest("2"), size: 10 },
    ];
    const board = new ProgressBoard("nginx:1", blobs, new Set([digest("2")]), (progress) => seen.push(progress));
    for (let bytes = 0; bytes <= 1e9; bytes += 64 << 10) board.arrived(digest("1"), bytes);
    assert.ok(seen.length < 250, `${seen.length} reports`);
    board.whole(digest("1"));
    board.unpacking();
    board.done();
    assert.deepEqual(
      seen.at(-1)?.layers.map(({ state }) => state),
      ["DONE", "EXISTS"],
    );
  });
});
