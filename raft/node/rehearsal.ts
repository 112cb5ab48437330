import { invariant, mustHave } from "../../shared/invariant.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import { TimeSlices } from "../../shared/time-slices.ts";
import type { Message } from "../core/message.ts";
import { RaftCore } from "../core/raft-core.ts";
import type { Ready } from "../core/ready.ts";
import { StableLog } from "../core/stable-log.ts";
import { INDEX_ZERO, type LogIndex, type RaftId, toRaftId } from "../ids.ts";
import { decodeFrame, encodeFrame } from "../wire/frame-codec.ts";
import type { FramedMessage } from "../wire/message-codec.ts";
import { createCoreOptions } from "./core-options.ts";
import { BACKGROUND_SLICE_MS } from "./timing.ts";

/** Enough for the engine to have compiled every path; more makes no difference. About 30 ms. */
const HAND_OVERS = 30;
const PROPOSALS_EACH = 3;
const PROPOSAL_BYTES = 300;
/** An exchange settles in about ten; more means that it never ends. */
const ROUNDS_MAX = 1_000;

const IDS = [1, 2, 3].map(toRaftId);
const CONF_STATE = { voters: IDS, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

interface Member {
  readonly core: RaftCore;
  readonly log: StableLog;
}

export interface RehearsalOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/**
 * Plays a group of three through elections, proposals, reads and hand-overs, in memory and nowhere else, a little at a
 * time.
 *
 * A manager follows for weeks and then takes over within milliseconds, with code it has never run: the engine would
 * compile it at that very moment, while everybody is waiting. Measured at a clean stop of the leader: the longest gap
 * between two writes is 19 to 21 ms instead of 22 to 25.
 * @returns the last index that all three have committed. Rejects when the signal aborts.
 */
export async function rehearse({ clock, random, signal }: RehearsalOptions): Promise<LogIndex> {
  const slices = new TimeSlices({ clock, sliceMs: BACKGROUND_SLICE_MS, label: "raft slice" });
  const members = new Map(IDS.map((id) => [id, createMember(id, random)]));
  mustHave(members.get(toRaftId(1)), "the first").core.step({ kind: "campaign" });
  settle(members);
  for (let turn = 1; turn <= HAND_OVERS; turn++) {
    playTurn(members, turn);
    if (slices.isUsedUp) await slices.rest();
    signal.throwIfAborted();
  }
  const commits = [...members.values()].map(({ core }) => core.commit);
  return Math.min(...commits) as LogIndex;
}

/** Some proposals, a read, a heartbeat, and then another leads. */
function playTurn(members: ReadonlyMap<RaftId, Member>, turn: number): void {
  const cores = [...members.values()].map(({ core }) => core);
  const leader = mustHave(
    cores.find(({ role }) => role === "leader"),
    "a leader that nothing disturbs",
  );
  for (let at = 0; at < PROPOSALS_EACH; at++) {
    leader.step({ kind: "propose", proposals: [{ kind: "normal", data: new Uint8Array(PROPOSAL_BYTES) }] });
    settle(members);
  }
  leader.step({ kind: "readIndex", token: turn });
  for (const core of cores) core.step({ kind: "tick" });
  settle(members);
  leader.step({ kind: "transferLeadership", to: mustHave(IDS[turn % IDS.length], "an heir") });
  settle(members);
}

function createMember(id: RaftId, random: Random): Member {
  const log = new StableLog();
  const core = new RaftCore(
    createCoreOptions(id, random.fork("rehearsal"), () => {}),
    { hardState: null, confState: CONF_STATE, applied: INDEX_ZERO, log },
  );
  return { core, log };
}

/** Until no member has anything to send. */
function settle(members: ReadonlyMap<RaftId, Member>): void {
  for (let round = 0; ; round++) {
    const talking = [...members.values()].filter(({ core }) => core.hasReady());
    if (talking.length === 0) return;
    invariant(round < ROUNDS_MAX, "a rehearsal comes to an end");
    for (const member of talking) {
      for (const message of carryOut(member, member.core.takeReady())) {
        members.get(message.to)?.core.step({ kind: "message", message: throughTheWire(message) });
      }
    }
  }
}

function carryOut({ core, log }: Member, ready: Ready): readonly Message[] {
  log.append(ready.entries);
  for (const input of ready.afterPersist) core.step(input);
  if (ready.afterApply !== null) core.step(ready.afterApply);
  return [...ready.messages, ...ready.messagesAfterPersist];
}

/** No member falls behind here, so there are no snapshots, which have no frame. */
function throughTheWire(message: Message): Message {
  const messages = [message as FramedMessage];
  const { from, to } = message;
  const head = { clusterId: "rehearsal", address: "", removed: false, era: 0, members: [] };
  const bytes = encodeFrame({ from, to, ...head, messages });
  return mustHave(decodeFrame(bytes).messages[0], "the message of a frame");
}
