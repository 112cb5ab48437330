import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BroadcastQueue, USER_MESSAGES_MAX } from "../../../../../worker/gossip/core/broadcast-queue.ts";
import { type Part, toPart } from "../../../../../worker/gossip/wire/messages.ts";
import { partCost } from "../../../../../worker/gossip/wire/packet.ts";

const user = (bytes: number, fill = 0): Part => toPart({ type: "user", data: new Uint8Array(bytes).fill(fill) });
const dead = (node: string, incarnation = 1): Part => toPart({ type: "dead", node, incarnation, from: "x" });

describe("the broadcast queue", () => {
  it("keeps only the newest news of a member", () => {
    const queue = new BroadcastQueue();
    queue.put("a", dead("a", 1));
    queue.put("a", dead("a", 2));
    const [part, ...rest] = queue.take(1_000, 255, 4);
    assert.deepEqual([part?.message, rest], [dead("a", 2).message, []]);
  });

  it("sends what was sent least, then the longest that fits, then the newest", () => {
    const queue = new BroadcastQueue();
    const [long, old, young] = [user(90), user(20, 1), user(20, 2)];
    for (const part of [long, old, young]) queue.putUser(part);
    assert.deepEqual(queue.take(50, 255, 4), [young, old], "the long one does not fit");
    assert.deepEqual(queue.take(120, 255, 4), [long, young], "the long one was sent least");
    assert.deepEqual(queue.take(140, 1, 4), [long]);
  });

  it("drops news that was sent often enough", () => {
    const queue = new BroadcastQueue();
    queue.put("a", dead("a"));
    for (let time = 0; time < 4; time++) assert.equal(queue.take(1_000, 255, 4).length, 1);
    assert.equal(queue.size, 0);
    assert.deepEqual(queue.take(1_000, 255, 4), []);
  });

  it("never hands out more bytes or messages than there is room for", () => {
    const queue = new BroadcastQueue();
    for (let at = 0; at < 300; at++) queue.put(`m${at}`, dead(`m${at}`));
    for (const room of [0, 10, 100, 1_000, 100_000]) {
      const parts = queue.take(room, 255, 8);
      assert.ok(parts.reduce((sum, part) => sum + partCost(part), 0) <= room);
      assert.ok(parts.length <= 255);
    }
  });

  it("is bounded: one entry for each member, and so many of the application", () => {
    const queue = new BroadcastQueue();
    for (let at = 0; at < 3 * USER_MESSAGES_MAX; at++) queue.putUser(user(3));
    assert.equal(queue.size, USER_MESSAGES_MAX);
    queue.put("a", dead("a"));
    assert.equal(queue.size, USER_MESSAGES_MAX + 1);
  });
});
