/** Pulling by the daemon's own client, on Debian's docker-registry behind a line that breaks and lies. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parseImageReference, withDefaultTag } from "../../shared/image-reference.ts";
import type { PullProgress } from "../../shared/rpc/gen/images.ts";
import type { ImageParts } from "../../worker/images/open-images.ts";
import { Registry } from "../support/registry.ts";
import { NEVER, RuntimeFixture } from "./runtime-fixture.ts";
import { type BuiltImage, baseLayers, writeImage } from "./runtime-image.ts";

const LAYER_BYTES = 6 << 20;
/** Only one layer is larger. */
const LARGE_BYTES = 1_500_000;
const CUT_BYTES = 2 << 20;
/** What a broken connection takes with it: bytes that have come, and were not written yet. */
const BUFFERED_MAX = 256 << 10;
const wanted = { policy: "PULL_ALWAYS", platform: null } as const;
const reference = withDefaultTag(parseImageReference("swarm-big"));

/** Between the host and its registry. */
class Line {
  /** Bytes of a large answer after which the connection is cut, once for each entry. */
  readonly cuts: number[] = [];
  /** The first byte of large answers is another one. */
  isLying = false;
  /** Where the requests for large blobs began. */
  readonly offsets: number[] = [];
  readonly #server: Server;

  constructor(target: string) {
    this.#server = createServer((asked, answer) => {
      const sent = request(`http://${target}${asked.url}`, { method: asked.method, headers: asked.headers }, (got) => {
        answer.writeHead(got.statusCode ?? 0, got.headers);
        const isLarge = Number(got.headers["content-length"]) > LARGE_BYTES;
        if (isLarge) this.offsets.push(Number(/bytes=(\d+)-/.exec(asked.headers.range ?? "")?.[1] ?? 0));
        let left = isLarge ? (this.cuts.shift() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
        let isFirst = isLarge && this.isLying;
        got.on("data", (chunk: Buffer) => {
          if (isFirst) chunk[0] = (chunk[0] ?? 0) ^ 1;
          isFirst = false;
          left -= chunk.length;
          if (left > 0) answer.write(chunk);
          else {
            got.pause();
            // What was written before must arrive, or nothing could be resumed.
            answer.write(chunk, () => setTimeout(() => answer.destroy(), 50));
          }
        });
        got.on("end", () => answer.end());
        answer.on("close", () => got.destroy());
      });
      sent.on("error", () => answer.destroy());
      sent.end();
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe("a pull over a line that breaks", () => {
  let fixture: RuntimeFixture;
  let registry: Registry;
  let line: Line;
  let images: ImageParts;
  let built: BuiltImage;
  let layers: readonly Buffer[];

  before(async () => {
    fixture = new RuntimeFixture();
    registry = await Registry.start();
    layers = bigLayers(fixture.directory);
    built = writeImage(join(fixture.directory, "first"), layers);
    registry.push(built.source, "library/swarm-big:latest");
    line = new Line(registry.address);
    const conf = join(fixture.directory, "line.conf");
    writeFileSync(conf, `[[registry]]\nprefix = "docker.io"\nlocation = "${await line.open()}"\ninsecure = true\n`);
    images = await fixture.openImages(conf);
  });
  after(async () => {
    line?.close();
    await registry[Symbol.asyncDispose]();
    await fixture[Symbol.asyncDispose]();
  });

  const blobs = (): readonly string[] => readdirSync(join(fixture.dataDirectory, "images/blobs"));

  it("refuses content with another digest, and keeps nothing of it", async () => {
    line.isLying = true;
    await assert.rejects(
      images.store.pull(reference, wanted, NEVER, () => {}),
      {
        code: "unavailable",
        message: /layer [0-9a-f]{12} did not arrive as it should: its content has another digest/,
      },
    );
    line.isLying = false;
    assert.equal(await images.store.find(reference), null);
    const sizes = blobs().map((name) => statSync(join(fixture.dataDirectory, "images/blobs", name)).size);
    assert.ok(
      sizes.every((size) => size < LARGE_BYTES),
      `${sizes}`,
    );
  });

  it("goes on where it broke, and says how far it is", async () => {
    line.cuts.push(CUT_BYTES, CUT_BYTES);
    line.offsets.length = 0;
    const seen: PullProgress[] = [];
    const result = await images.store.pull(reference, wanted, NEVER, (progress) => seen.push(progress));
    const [first = -1, second = -1, third = -1] = line.offsets;
    assert.equal(first, 0);
    assert.ok(second >= CUT_BYTES - BUFFERED_MAX, `offsets ${line.offsets.join(", ")}`);
    assert.ok(third >= second + CUT_BYTES - BUFFERED_MAX, `offsets ${line.offsets.join(", ")}`);
    assert.equal(result.digest, built.digest);
    assert.equal(result.wasPresent, false);
    const total = seen.at(-1)?.layers.reduce((sum, layer) => sum + layer.total, 0) ?? 0;
    assert.ok(total > LAYER_BYTES, `${total}`);
    assert.ok(seen.some(({ layers }) => layers.some(({ state, current }) => state === "DOWNLOADING" && current > 0)));
    assert.deepEqual(new Set(seen.at(-1)?.layers.map(({ state }) => state)), new Set(["DONE"]));
    assert.deepEqual(blobs(), [], "what is in the store is not kept twice");
  });

  it("fetches only the layers that the host does not have", async () => {
    const { source } = writeImage(join(fixture.directory, "again"), layers, { Env: ["A=1"] });
    registry.push(source, "library/swarm-big:latest");
    line.offsets.length = 0;
    const seen: PullProgress[] = [];
    const { wasPresent } = await images.store.pull(reference, wanted, NEVER, (progress) => seen.push(progress));
    assert.equal(wasPresent, false);
    assert.deepEqual(line.offsets, []);
    assert.deepEqual(new Set(seen.at(-1)?.layers.map(({ state }) => state)), new Set(["EXISTS"]));
    assert.deepEqual((await images.store.find(reference))?.config.env, ["A=1"]);
  });
});

function bigLayers(directory: string): readonly Buffer[] {
  const root = join(directory, "big");
  for (const each of [root, join(directory, "base")]) mkdirSync(each);
  writeFileSync(join(root, "big"), randomBytes(LAYER_BYTES));
  const tar = execFileSync("tar", ["-C", root, "-c", "."], { maxBuffer: 64 << 20 });
  return [...baseLayers(join(directory, "base")), tar];
}
