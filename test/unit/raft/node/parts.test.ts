import assert from "node:assert/strict";
import { test } from "node:test";
import type { Proposal } from "../../../../raft/core/entry.ts";
import { type LogIndex, type RaftMember, toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { Inbox } from "../../../../raft/node/inbox.ts";
import { LeadershipEvents } from "../../../../raft/node/leadership-events.ts";
import { INBOX_MESSAGES_MAX } from "../../../../raft/node/limits.ts";
import { MemberDirectory } from "../../../../raft/node/member-directory.ts";
import { type PendingProposal, PendingProposals } from "../../../../raft/node/pending-proposals.ts";
import { proposeInBatches } from "../../../../raft/node/propose.ts";
import { ReadBarriers } from "../../../../raft/node/read-barriers.ts";
import { Ticker } from "../../../../raft/node/ticker.ts";
import { CATCH_UP_TICKS_MAX, READ_RETRY_MS, READ_TIMEOUT_MS, TICK_MS } from "../../../../raft/node/timing.ts";
import { logTrace } from "../../../../raft/node/trace-log.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { Clock } from "../../../../shared/ports/clock.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { changeOf, entry, id, Member, snapshotOf } from "../core/fixture.ts";

const member = (raftId: number): RaftMember => ({
  raftId: id(raftId),
  nodeId: `n${raftId}`,
  address: `10.0.0.${raftId}:2377`,
});

test("the loop waits until something comes in, and takes all of it at once", async () => {
  const inbox = new Inbox();
  let turns = 0;
  const waiting = inbox.wait().then(() => turns++);
  await Promise.resolve();
  assert.equal(turns, 0);
  inbox.push({ kind: "input", input: { kind: "tick" } });
  inbox.push({ kind: "input", input: { kind: "tick" } });
  await waiting;
  assert.equal(inbox.drain().length, 2);
  inbox.wake();
  await inbox.wait();
});

test("peers are held back while the inbox is full", async () => {
  const inbox = new Inbox();
  for (let count = 0; count < INBOX_MESSAGES_MAX; count++) inbox.push({ kind: "input", input: { kind: "tick" } });
  let mayGoOn = false;
  const waiting = inbox.room().then(() => {
    mayGoOn = true;
  });
  await Promise.resolve();
  assert.equal(mayGoOn, false);
  inbox.drain();
  await waiting;
  assert.equal(mayGoOn, true);
});

/** A proposal that notes its outcome. */
function pending(outcomes: string[], kind: "normal" | "confChange" = "normal") {
  const proposal =
    kind === "normal"
      ? ({ kind, data: new Uint8Array(1) } as const)
      : ({ kind, change: changeOf({ kind: "remove", id: id(2) }) } as const);
  return {
    proposal,
    resolve: (index: LogIndex) => void outcomes.push(`at ${index}`),
    reject: (error: SwarmError) => void outcomes.push(error.code),
  };
}

test("a proposal is answered when its entry is applied; another leader's entry there means it is lost", () => {
  const proposals = new PendingProposals();
  const outcomes: string[] = [];
  for (const index of [5, 6, 7, 8]) proposals.add(toLogIndex(index), toTerm(2), pending(outcomes));
  proposals.onApplied(entry(2, 5));
  proposals.onApplied(entry(3, 6));
  proposals.onSnapshot(toLogIndex(7));
  proposals.abort(new SwarmError("aborted", "leadership was lost"));
  assert.deepEqual(outcomes, ["at 5", "aborted", "aborted", "aborted"]);
  assert.equal(proposals.count, 0);
});

test("a membership change that was struck out is refused, not confirmed", () => {
  const proposals = new PendingProposals();
  const outcomes: string[] = [];
  proposals.add(toLogIndex(5), toTerm(2), pending(outcomes, "confChange"));
  proposals.onApplied(entry(2, 5, ""));
  assert.deepEqual(outcomes, ["unavailable"]);
});

/** Barriers on a clock that a test moves; what became of each is in `outcomes`. */
function barriersOn(clock: VirtualClock) {
  const barriers = new ReadBarriers(clock, 1);
  const outcomes: string[] = [];
  const add = (name: string): void => {
    barriers.add().then(
      () => outcomes.push(name),
      (error: unknown) => outcomes.push(`${name} ${error instanceof SwarmError ? error.code : "?"}`),
    );
  };
  return { barriers, outcomes, add };
}

test("reads of one turn share a question, and end when what they must see is applied", async () => {
  const clock = new VirtualClock();
  const { barriers, outcomes, add } = barriersOn(clock);
  add("a");
  add("b");
  const asked: number[] = [];
  barriers.askAll((token) => asked.push(token) > 0);
  barriers.askAll((token) => asked.push(token) > 0);
  assert.deepEqual(asked, [1]);
  barriers.onReadStates([{ token: 1, index: toLogIndex(9) }]);
  barriers.onApplied(toLogIndex(8));
  await clock.run(0);
  assert.deepEqual(outcomes, []);
  barriers.onApplied(toLogIndex(9));
  await clock.run(0);
  assert.deepEqual(outcomes, ["a", "b"]);
});

test("a question without an answer is asked again, under another name", async () => {
  const clock = new VirtualClock();
  const { barriers, outcomes, add } = barriersOn(clock);
  add("a");
  const asked: number[] = [];
  barriers.askAll((token) => asked.push(token) > 0);
  await clock.run(READ_RETRY_MS);
  barriers.askAll((token) => asked.push(token) > 0);
  assert.deepEqual(asked, [1, 2]);
  barriers.onReadStates([{ token: 1, index: toLogIndex(1) }]);
  barriers.onApplied(toLogIndex(1));
  await clock.run(0);
  assert.deepEqual(outcomes, [], "a late answer to the first question answers nobody");
});

test("without a leader a read is refused after a while", async () => {
  const clock = new VirtualClock();
  const { barriers, outcomes, add } = barriersOn(clock);
  add("a");
  barriers.askAll(() => false);
  await clock.run(READ_TIMEOUT_MS);
  barriers.askAll(() => false);
  await clock.run(0);
  assert.deepEqual(outcomes, ["a unavailable"]);
});

test("ticks follow the clock, and of a long pause only a few count", async () => {
  const clock = new VirtualClock();
  let wakes = 0;
  using ticker = new Ticker(clock, () => {
    wakes++;
  });
  await clock.run(TICK_MS);
  assert.deepEqual(ticker.takeTicks(), { quiet: 0, acting: 1 });
  await clock.run(TICK_MS / 2);
  assert.deepEqual(ticker.takeTicks(), { quiet: 0, acting: 0 });
  await clock.run(100 * TICK_MS);
  assert.deepEqual(ticker.takeTicks(), { quiet: 0, acting: CATCH_UP_TICKS_MAX });
  assert.deepEqual(ticker.takeTicks(), { quiet: 0, acting: 0 }, "the rest is forgotten");
  assert.ok(wakes >= 100);
});

test("nobody is woken for ticks that change nothing, but they are counted", async () => {
  const clock = new VirtualClock();
  let wakes = 0;
  using ticker = new Ticker(clock, () => {
    wakes++;
  });
  ticker.plan(6);
  await clock.run(3.5 * TICK_MS);
  assert.deepEqual(ticker.takeTicks(), { quiet: 3, acting: 0 }, "something else has woken the loop");
  assert.equal(wakes, 0);
  await clock.run(3.5 * TICK_MS);
  assert.deepEqual([ticker.takeTicks(), wakes], [{ quiet: 3, acting: 1 }, 1]);

  ticker.plan(6);
  await clock.run(100 * TICK_MS);
  assert.deepEqual(ticker.takeTicks(), { quiet: 6, acting: 1 }, "of a pause no more than was awaited");
  ticker.plan(1);
  await clock.run(100 * TICK_MS);
  assert.deepEqual(ticker.takeTicks(), { quiet: 1, acting: CATCH_UP_TICKS_MAX - 1 });
});

test("a clock that goes back gives no ticks, and is counted on from there", () => {
  let now = 1_000_000;
  const clock = { now: () => now, schedule: () => ({ [Symbol.dispose]() {} }) } as unknown as Clock;
  using ticker = new Ticker(clock, () => {});
  ticker.plan(5);
  now -= 3_600_000;
  assert.deepEqual(ticker.takeTicks(), { quiet: 0, acting: 0 });
  now += 2 * TICK_MS;
  assert.deepEqual(ticker.takeTicks(), { quiet: 2, acting: 0 });
});

test("ids are never used again, also after a snapshot", () => {
  const directory = new MemberDirectory();
  const configuration = (...ids: number[]) => ({
    voters: { incoming: new Set(ids.map(id)), outgoing: new Set<never>() },
    learners: new Set<never>(),
    learnersNext: new Set<never>(),
    autoLeave: false,
  });
  directory.apply({ ...changeOf({ kind: "addVoter", id: id(1) }), member: member(1) }, configuration(1));
  directory.apply({ ...changeOf({ kind: "addVoter", id: id(2) }), member: member(2) }, configuration(1, 2));
  directory.apply(changeOf({ kind: "remove", id: id(2) }), configuration(1));
  assert.deepEqual([directory.members.length, directory.removed, Number(directory.freshId())], [1, [2], 3]);
  assert.equal(directory.find("n2"), null);

  const restored = new MemberDirectory();
  const { meta } = snapshotOf(1, 9, [1]);
  restored.restore({ ...meta, members: directory.members, removed: directory.removed });
  assert.equal(restored.wasRemoved(id(2)), true);
  assert.equal(Number(restored.freshId()), 3);
});

test("an update of a member changes its address and nothing else", () => {
  const directory = new MemberDirectory();
  const configuration = {
    voters: { incoming: new Set([id(1)]), outgoing: new Set<never>() },
    learners: new Set<never>(),
    learnersNext: new Set<never>(),
    autoLeave: false,
  };
  directory.apply({ ...changeOf({ kind: "addVoter", id: id(1) }), member: member(1) }, configuration);
  const moved = { ...member(1), address: "10.0.0.99:2377" };
  directory.apply({ ...changeOf({ kind: "update", id: id(1) }), member: moved }, configuration);
  assert.deepEqual(directory.members, [moved]);
});

test("leadership is told once a change, to late listeners too, and removal is for ever", () => {
  const events = new LeadershipEvents();
  const [early, late]: [string[], string[]] = [[], []];
  events.onLeadership((state) => early.push(state));
  events.setState("leading");
  events.setState("leading");
  events.onLeadership((state) => late.push(state));
  events.setState("removed");
  events.setState("leading");
  assert.deepEqual(early, ["leading", "following", "removed"]);
  assert.deepEqual(late, ["leading", "following", "removed"]);
});

test("a change of leader is told with its address, as soon as that is known", () => {
  const events = new LeadershipEvents();
  const told: (string | null)[] = [];
  events.onLeaderChange((leader) => told.push(leader?.address ?? null));
  events.setLeader(id(2), () => null);
  events.setLeader(id(2), member);
  events.setLeader(id(2), member);
  events.setLeader(null, member);
  assert.deepEqual(told, ["10.0.0.2:2377", null]);
});

test("whoever proposes a membership change that is refused hears why, at once; other proposals of the turn do not", async () => {
  const lines: string[] = [];
  const log = { ...silentLogger, info: (message: string) => lines.push(message) };
  const leader = new Member({ voters: [1, 2, 3] }).lead(2);
  const inFlight = new PendingProposals();
  const outcomes: string[] = [];
  const pending = (proposal: Proposal, name: string): PendingProposal => ({
    proposal,
    resolve: () => outcomes.push(`${name} made`),
    reject: ({ message }) => outcomes.push(`${name}: ${message}`),
  });
  const add = (raftId: number): Proposal => ({
    kind: "confChange",
    change: { transition: "auto", operations: [{ kind: "addVoter", id: id(raftId) }], member: null },
  });
  const data: Proposal = { kind: "normal", data: new Uint8Array(1) };
  const all = [pending(data, "data"), pending(add(4), "first"), pending(add(5), "second"), pending(data, "more")];
  proposeInBatches(leader.core, all, inFlight);
  assert.equal(outcomes.length, 1);
  assert.match(
    outcomes[0] ?? "",
    /^second: the managers cannot be changed right now \(possible unapplied conf change at/,
  );
  assert.equal(inFlight.count, 3);
  for (const event of leader.traces) logTrace(log)(event);
  assert(
    lines.some((line) => line.startsWith("raft: conf change ignored")),
    lines.join("; "),
  );
});
