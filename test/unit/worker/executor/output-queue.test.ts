import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  HOLD_MS_MAX,
  type OutputPiece,
  OutputQueue,
  QUEUE_BYTES_MAX,
} from "../../../../worker/executor/output-queue.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const BLOCK = Buffer.alloc(64 << 10, "x");
const BLOCKS = QUEUE_BYTES_MAX / BLOCK.length;
const { signal } = new AbortController();

function queueOf(holds: boolean): { readonly queue: OutputQueue; readonly clock: VirtualClock; holds(): boolean } {
  const clock = new VirtualClock();
  let isHeld = false;
  const queue: OutputQueue = new OutputQueue({
    holds,
    clock,
    onHold: () => {
      isHeld = queue.isHolding;
    },
  });
  return { queue, clock, holds: () => isHeld };
}

async function drain(queue: OutputQueue): Promise<readonly OutputPiece[]> {
  const pieces: OutputPiece[] = [];
  for (let piece = await queue.take(signal); piece !== null; piece = await queue.take(signal)) pieces.push(piece);
  return pieces;
}

const shown = (pieces: readonly OutputPiece[]): readonly string[] =>
  pieces.map((piece) => (piece.kind === "missed" ? `missed ${piece.bytesMissed}` : `${piece.kind} ${piece.bytes}`));

describe("output on its way to one who is attached", () => {
  it("comes in its order, pieces of one output that wait together as one", async () => {
    const { queue } = queueOf(false);
    for (const [kind, text] of [
      ["stdout", "a"],
      ["stdout", "b"],
      ["stderr", "c"],
      ["stdout", "d"],
    ] as const) {
      queue.push(kind, Buffer.from(text));
    }
    queue.end();
    assert.deepEqual(shown(await drain(queue)), ["stdout ab", "stderr c", "stdout d"]);
  });

  it("is left out beyond a megabyte, without holding the container, and how much is said at its place", async () => {
    const { queue, holds } = queueOf(false);
    for (let block = 0; block < BLOCKS + 3; block++) queue.push("stdout", BLOCK);
    queue.push("stderr", Buffer.from("lost too, although it is small"));
    assert.equal(holds(), false);
    for (let block = 0; block < BLOCKS; block++) assert.equal((await queue.take(signal))?.kind, "stdout");
    queue.push("stdout", Buffer.from("still behind"));
    assert.deepEqual(await queue.take(signal), { kind: "missed", bytesMissed: 3 * BLOCK.length + 30 + 12 });
    queue.push("stdout", Buffer.from("again"));
    queue.end();
    assert.deepEqual(shown(await drain(queue)), ["stdout again"]);
  });

  it("holds the container back for one who was there before it started, until something is taken", async () => {
    const { queue, holds } = queueOf(true);
    for (let block = 0; block < BLOCKS; block++) queue.push("stdout", BLOCK);
    assert.equal(holds(), true);
    await queue.take(signal);
    assert.equal(holds(), false);
    queue.end();
    const bytes = (await drain(queue)).map((piece) => (piece.kind === "missed" ? 0 : piece.bytes.length));
    assert.equal(
      bytes.reduce((sum, each) => sum + each, 0),
      QUEUE_BYTES_MAX - BLOCK.length,
    );
  });

  it("lets the container go on when nothing was taken for a minute, and tells so the one who did not", async () => {
    const { queue, clock, holds } = queueOf(true);
    for (let block = 0; block < BLOCKS; block++) queue.push("stdout", BLOCK);
    await clock.run(HOLD_MS_MAX - 1);
    assert.equal(holds(), true);
    await clock.run(1);
    assert.equal(holds(), false);
    await assert.rejects(queue.take(signal), /nothing of the container's output was taken for 60 s/);
  });
});
