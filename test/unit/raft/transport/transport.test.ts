import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import type { Message } from "../../../../raft/core/message.ts";
import { type RaftId, type RaftMember, toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { type Claim, describeRefusal, whyRefused } from "../../../../raft/transport/admission.ts";
import { joinGroupHandler } from "../../../../raft/transport/join-group.ts";
import { QUEUE_MESSAGES_MAX, SNAPSHOT_KEPT_MS } from "../../../../raft/transport/limits.ts";
import { tcpDial } from "../../../../raft/transport/ports/tcp-dial.ts";
import { SendQueue } from "../../../../raft/transport/send-queue.ts";
import { SnapshotReceiver } from "../../../../raft/transport/snapshot-receiver.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import type { SnapshotChunk } from "../../../../shared/rpc/gen/raft.ts";
import type { CallContext } from "../../../../shared/rpc/handler.ts";
import { NotLeaderError } from "../../../../shared/rpc/not-leader.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { entry, entryId, id } from "../core/fixture.ts";

const heartbeat: Extract<Message, { kind: "heartbeat" }> = {
  kind: "heartbeat",
  from: id(1),
  to: id(2),
  term: toTerm(1),
  commit: toLogIndex(0),
  readSequence: null,
};
const append = (bytes: number): Extract<Message, { kind: "appendEntries" }> => ({
  kind: "appendEntries",
  from: id(1),
  to: id(2),
  term: toTerm(1),
  prev: entryId(0, 0),
  entries: [entry(1, 1, "x".repeat(bytes))],
  commit: toLogIndex(0),
});

test("a queue is bounded by count and by bytes", () => {
  const byCount = new SendQueue();
  for (let count = 0; count < QUEUE_MESSAGES_MAX; count++) assert.equal(byCount.push(heartbeat), true);
  assert.equal(byCount.push(heartbeat), false);
  const byBytes = new SendQueue();
  let taken = 0;
  while (byBytes.push(append(1_000_000))) taken++;
  assert.ok(taken > 10 && taken < 100, `${taken} messages of 1 MB were taken`);
  byBytes.clear();
  assert.equal(byBytes.push(heartbeat), true);
});

test("an append without entries waits for one that says more, which takes its place", async () => {
  const queue = new SendQueue();
  const lazy = { ...append(0), entries: [] };
  let woken = 0;
  const waiting = queue.wait().then(() => woken++);
  queue.push(lazy);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([woken, queue.isLazy], [0, true]);
  queue.push(heartbeat);
  await waiting;
  assert.deepEqual(queue.takeFrame(), [lazy, heartbeat]);
  queue.push(lazy);
  queue.push(append(5));
  assert.deepEqual(queue.takeFrame(), [append(5)]);
  assert.equal(queue.isLazy, false);
});

test("a frame takes all that waits, in order, but not without end", () => {
  const queue = new SendQueue();
  for (let count = 0; count < 5; count++) queue.push(append(1_000_000));
  const sizes: number[] = [];
  for (let frame = queue.takeFrame(); frame.length > 0; frame = queue.takeFrame()) sizes.push(frame.length);
  assert.deepEqual(sizes, [3, 2]);
});

const MEMBER: RaftMember = { raftId: id(2), nodeId: "two", address: "10.0.0.2:2377" };
const knowledge = {
  self: id(1),
  clusterId: "c",
  era: 1,
  members: new Map<RaftId, RaftMember>([[id(2), MEMBER]]),
  removed: new Set([id(3)]),
};
const CLAIMS: readonly (readonly [string, Claim, string, ReturnType<typeof whyRefused>])[] = [
  ["a member", { from: 2, to: 1, clusterId: "c", era: 1 }, "two", null],
  ["someone we have not heard of yet: we may lag", { from: 9, to: 1, clusterId: "c", era: 1 }, "nine", null],
  ["another cluster", { from: 2, to: 1, clusterId: "d", era: 1 }, "two", "OTHER_CLUSTER"],
  ["a frame for someone else", { from: 2, to: 7, clusterId: "c", era: 1 }, "two", "OTHER_MEMBER"],
  ["a removed member", { from: 3, to: 1, clusterId: "c", era: 1 }, "three", "REMOVED"],
  ["a removed member that writes to our old id", { from: 3, to: 7, clusterId: "c", era: 1 }, "three", "REMOVED"],
  ["a member of before the group was made anew", { from: 2, to: 1, clusterId: "c", era: 0 }, "two", "OUTDATED"],
  ["one that the lost managers let in", { from: 9, to: 1, clusterId: "c", era: 0 }, "nine", "OUTDATED"],
  ["a member of the group that was made anew without us", { from: 2, to: 1, clusterId: "c", era: 2 }, "two", "BEHIND"],
  ["a certificate of another node", { from: 2, to: 1, clusterId: "c", era: 1 }, "evil", "NOT_THE_SENDER"],
];
for (const [what, claim, nodeId, refusal] of CLAIMS) {
  test(`frames of ${what}: ${refusal ?? "taken"}`, () => {
    assert.equal(whyRefused(claim, nodeId, knowledge), refusal);
    if (refusal !== null) assert.match(describeRefusal(refusal, claim), /member/);
  });
}

function chunk(parts: Partial<SnapshotChunk>): SnapshotChunk {
  return {
    from: 2,
    to: 1,
    clusterId: "c",
    term: 3,
    meta: null,
    offset: 0,
    bytes: 0,
    data: Buffer.alloc(0),
    last: false,
    address: "",
    era: 1,
    ...parts,
  };
}
const meta: NonNullable<SnapshotChunk["meta"]> = {
  index: 9,
  term: 2,
  confState: null,
  members: [],
  removed: [],
};
async function* stream(...chunks: SnapshotChunk[]): AsyncGenerator<SnapshotChunk> {
  yield* chunks;
}

test("a snapshot is put together from its chunks", async () => {
  using receiver = new SnapshotReceiver(new VirtualClock());
  const first = chunk({ meta, bytes: 3, data: Buffer.from("ab") });
  const message = await receiver.receive(stream(first, chunk({ data: Buffer.from("c"), last: true })), () => {});
  assert.equal(new TextDecoder().decode(message.snapshot.data), "abc");
  assert.deepEqual([message.from, message.to, Number(message.term), Number(message.snapshot.meta.index)], [2, 1, 3, 9]);
});

test("a stream that breaks off, or does not say what it is, is no snapshot", async () => {
  using receiver = new SnapshotReceiver(new VirtualClock());
  const short = chunk({ meta, bytes: 9, data: Buffer.from("ab"), last: true });
  for (const broken of [stream(), stream(chunk({ meta })), stream(chunk({ last: true })), stream(short)]) {
    await assert.rejects(
      receiver.receive(broken, () => {}),
      /not whole/,
    );
  }
  const refuse = () => {
    throw new SwarmError("failedPrecondition", "no");
  };
  await assert.rejects(receiver.receive(stream(chunk({ meta, last: true })), refuse), /no/);
});

test("a snapshot whose stream broke off goes on where it was, for a while, and only the same one", async () => {
  const clock = new VirtualClock();
  using receiver = new SnapshotReceiver(clock);
  const name = { from: 2, index: 9, term: 2, bytes: 3 };
  const first = chunk({ meta, bytes: 3, data: Buffer.from("ab") });
  const rest = chunk({ meta, bytes: 3, offset: 2, data: Buffer.from("c"), last: true });
  const breakOff = () =>
    assert.rejects(
      receiver.receive(stream(first), () => {}),
      /ended before/,
    );
  await breakOff();
  assert.equal(receiver.receivedBytes(name), 2);
  for (const other of [{ from: 4 }, { index: 10 }, { term: 4 }, { bytes: 4 }]) {
    assert.equal(receiver.receivedBytes({ ...name, ...other }), 0);
  }
  const message = await receiver.receive(stream(rest), () => {});
  assert.equal(new TextDecoder().decode(message.snapshot.data), "abc");
  assert.equal(receiver.receivedBytes(name), 0);
  await assert.rejects(
    receiver.receive(stream(rest), () => {}),
    /goes on at byte 2/,
  );
  await breakOff();
  await clock.run(SNAPSHOT_KEPT_MS);
  assert.equal(receiver.receivedBytes(name), 0);
});

const context = {
  caller: {
    kind: "node",
    nodeId: "new",
    role: "MANAGER",
    roleGeneration: 0,
    certificateRoot: "",
    clusterId: "c",
    address: "x",
  },
} as unknown as CallContext;
const admitMember = async ({ nodeId, address }: { nodeId: string; address: string }) => {
  const member = { raftId: id(4), nodeId, address };
  return { raftId: id(4), members: [member], era: 1 };
};
const dialNothing = async (): Promise<void> => {};

test("the leader lets a manager in after reaching it at its address", async () => {
  const dialled: string[] = [];
  const doorkeeper = { leaderAddress: () => "self" as const, admitMember };
  const dial = async (address: string) => void dialled.push(address);
  const { run } = joinGroupHandler({ doorkeeper: () => doorkeeper, dial });
  const answer = await run({ address: "10.0.0.4:2377" }, context);
  const members = [{ raftId: 4, nodeId: "new", address: "10.0.0.4:2377" }];
  assert.deepEqual(answer, { raftId: 4, members, era: 1 });
  assert.deepEqual(dialled, ["10.0.0.4:2377"]);
});

test("who does not lead names the leader; who is no member knows none", async () => {
  for (const [leader, expected] of [
    ["10.0.0.1:2377", "10.0.0.1:2377"],
    [null, null],
  ] as const) {
    const { run } = joinGroupHandler({
      doorkeeper: () => ({ leaderAddress: () => leader, admitMember }),
      dial: dialNothing,
    });
    await assert.rejects(run({ address: "10.0.0.4:2377" }, context), (error: unknown) => {
      return error instanceof NotLeaderError && error.leaderAddress === expected;
    });
  }
  const { run } = joinGroupHandler({ doorkeeper: () => null, dial: dialNothing });
  await assert.rejects(run({ address: "10.0.0.4:2377" }, context), NotLeaderError);
});

test("workers, and addresses that are none, do not get in", async () => {
  const { run } = joinGroupHandler({
    doorkeeper: () => ({ leaderAddress: () => "self", admitMember }),
    dial: dialNothing,
  });
  await assert.rejects(run({ address: "nonsense" }, context), /invalid address of a manager "nonsense"/);
  const worker = { caller: { ...context.caller, role: "WORKER" } } as unknown as CallContext;
  await assert.rejects(run({ address: "10.0.0.4:2377" }, worker), (error: unknown) => {
    return error instanceof SwarmError && error.code === "permissionDenied";
  });
});

test("dialling finds out whether someone listens", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === "object");
  await tcpDial(`127.0.0.1:${bound.port}`, 1_000);
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(tcpDial(`127.0.0.1:${bound.port}`, 1_000), /cannot reach the new manager.*--advertise-addr/);
});
