import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { BlobCache, type BlobSource } from "../../../../worker/images/pull/blob-cache.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";

const NEVER = new AbortController().signal;
const CONTENT = Buffer.from("0123456789".repeat(20));
const HEX = createHash("sha256").update(CONTENT).digest("hex");
const BLOB = { digest: `sha256:${HEX}`, size: CONTENT.length };
const quiet = (): void => {};

interface Line {
  /** Bytes after which the connection breaks. */
  readonly breaksAfter?: number;
  /** Sent instead of the content. */
  readonly content?: Buffer;
  /** It knows no ranges. */
  readonly fromStart?: boolean;
}

/** A registry behind lines that are used one after the other; `asked` are the offsets. */
function registry(lines: readonly Line[]): { readonly source: BlobSource; readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    source: {
      async open(_blob, offset) {
        const { breaksAfter, content = CONTENT, fromStart } = lines[asked.length] ?? {};
        asked.push(offset);
        const from = fromStart === true ? 0 : offset;
        async function* body(): AsyncGenerator<Buffer> {
          const bytes = content.subarray(from);
          for (let at = 0; at < bytes.length; at += 50) {
            if (breaksAfter !== undefined && at >= breaksAfter) throw new Error("broken");
            yield bytes.subarray(at, at + 50);
          }
        }
        return { from, body: body(), [Symbol.dispose]: quiet };
      },
    },
  };
}

function setUp() {
  const files = new MemoryHostFiles();
  return { files, cache: new BlobCache("/blobs", files) };
}

describe("blobs on their way from a registry", () => {
  it("go on where the connection broke, and are whole in the end", async () => {
    const { files, cache } = setUp();
    const { source, asked } = registry([{ breaksAfter: 100 }, {}]);
    await assert.rejects(cache.fetch(BLOB, source, NEVER, quiet), /broken/);
    assert.equal(await files.sizeOf(`/blobs/${HEX}.part`), 100);
    const told: number[] = [];
    await cache.fetch(BLOB, source, NEVER, (bytes) => told.push(bytes));
    assert.deepEqual(asked, [0, 100]);
    assert.deepEqual(told, [100, 150, 200]);
    assert.equal(await files.readText(cache.pathOf(BLOB.digest)), CONTENT.toString());
  });

  it("begin anew where a registry cannot resume", async () => {
    const { files, cache } = setUp();
    const { source } = registry([{ breaksAfter: 100 }, { fromStart: true }]);
    await assert.rejects(cache.fetch(BLOB, source, NEVER, quiet));
    await cache.fetch(BLOB, source, NEVER, quiet);
    assert.equal(await files.readText(cache.pathOf(BLOB.digest)), CONTENT.toString());
  });

  it("are refused with another digest or more bytes than announced, and nothing of them is kept", async () => {
    for (const content of [Buffer.from("x".repeat(200)), Buffer.concat([CONTENT, CONTENT])]) {
      const { files, cache } = setUp();
      await assert.rejects(cache.fetch(BLOB, registry([{ content }]).source, NEVER, quiet), { code: "unavailable" });
      assert.deepEqual(await files.list("/blobs"), []);
    }
  });

  it("that end too early are kept for the next attempt", async () => {
    const { files, cache } = setUp();
    const { source } = registry([{ content: CONTENT.subarray(0, 120) }]);
    await assert.rejects(cache.fetch(BLOB, source, NEVER, quiet), { code: "unavailable" });
    assert.equal(await files.sizeOf(`/blobs/${HEX}.part`), 120);
  });

  it("are fetched once for all who want them at the same time", async () => {
    const { cache } = setUp();
    const { source, asked } = registry([{}]);
    await Promise.all([1, 2, 3].map(() => cache.fetch(BLOB, source, NEVER, quiet)));
    assert.deepEqual(asked, [0]);
  });

  it("stay while somebody holds them, and are cleared when nobody does and they are old", async () => {
    const { files, cache } = setUp();
    await cache.fetch(BLOB, registry([{}]).source, NEVER, quiet);
    {
      using _held = cache.hold([BLOB]);
      await cache.drop([BLOB]);
      assert.equal(await cache.clear(async () => true), 0);
      assert.equal((await files.list("/blobs")).length, 1);
    }
    assert.equal(await cache.clear(async () => false), 0);
    assert.equal(await cache.clear(async () => true), CONTENT.length);
    assert.deepEqual(await files.list("/blobs"), []);
  });
});
