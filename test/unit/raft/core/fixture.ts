import type { ConfChange, ConfChangeOperation, Entry } from "../../../../raft/core/entry.ts";
import type { Input, Outcome } from "../../../../raft/core/input.ts";
import type { Message, MessageKind, MessageOf } from "../../../../raft/core/message.ts";
import type { CoreOptions } from "../../../../raft/core/options.ts";
import { RaftCore } from "../../../../raft/core/raft-core.ts";
import type { ReadState } from "../../../../raft/core/raft-state.ts";
import type { Ready } from "../../../../raft/core/ready.ts";
import type { Snapshot } from "../../../../raft/core/snapshot.ts";
import { StableLog } from "../../../../raft/core/stable-log.ts";
import type { TraceEvent } from "../../../../raft/core/trace.ts";
import { toLogIndex, toRaftId, toTerm } from "../../../../raft/ids.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { printEntry } from "../../../support/print-messages.ts";

export const id = toRaftId;

/** An entry with a text. */
export function entry(term: number, index: number, text = `${term}/${index}`): Entry {
  return { kind: "normal", term: toTerm(term), index: toLogIndex(index), data: new TextEncoder().encode(text) };
}

export function entryId(term: number, index: number) {
  return { term: toTerm(term), index: toLogIndex(index) };
}

/** What a voter says that knows of nothing committed. */
export const NOTHING = entryId(0, 0);

/** Entries from index 1 on, one for each term given. */
export function logOf(...terms: readonly number[]): Entry[] {
  return terms.map((term, at) => entry(term, at + 1));
}

export function changeOf(...operations: ConfChangeOperation[]): ConfChange {
  return { transition: "auto", operations, member: null };
}

export function snapshotOf(term: number, index: number, voters: readonly number[]): Snapshot {
  const confState = { voters: voters.map(id), learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const meta = { index: toLogIndex(index), term: toTerm(term), confState, members: [], removed: [] };
  return { meta, data: new Uint8Array(0) };
}

export interface MemberSetup {
  readonly id?: number;
  readonly voters?: readonly number[];
  readonly learners?: readonly number[];
  readonly term?: number;
  readonly vote?: number | null;
  readonly commit?: number;
  readonly entries?: readonly Entry[];
  /** Nothing was ever written. */
  readonly isNew?: boolean;
  readonly options?: Partial<CoreOptions>;
}

/** A core with the simplest of shells: it writes at once, and what it would send is kept for the test to look at. */
export class Member {
  readonly core: RaftCore;
  readonly stable: StableLog;
  readonly applied: string[] = [];
  readonly reads: ReadState[] = [];
  readonly traces: TraceEvent[] = [];
  sent: Message[] = [];

  constructor(setup: MemberSetup = {}) {
    const {
      voters = [1, 2, 3],
      learners = [],
      entries = [],
      term = entries.at(-1)?.term ?? 0,
      vote = null,
      commit = 0,
    } = setup;
    const own = id(setup.id ?? 1);
    this.stable = new StableLog(undefined, entries);
    const options: CoreOptions = {
      id: own,
      electionTicks: 10,
      heartbeatTicks: 1,
      preVote: false,
      checkQuorum: false,
      readMode: "safe",
      leaseDriftPercent: 0,
      stepDownOnRemoval: true,
      disableProposalForwarding: false,
      disableConfChangeValidation: false,
      messageBytesMax: 1_000_000,
      applyingBytesMax: 1_000_000,
      uncommittedBytesMax: 1_000_000,
      inflightCountMax: 256,
      inflightBytesMax: 0,
      applyUnstable: true,
      random: seededRandom(own),
      trace: (event) => this.traces.push(event),
      ...setup.options,
    };
    const confState = {
      voters: voters.map(id),
      learners: learners.map(id),
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    const hardState = { term: toTerm(term), vote: vote === null ? null : id(vote), commit: toLogIndex(commit) };
    const kept = setup.isNew === true ? null : hardState;
    this.core = new RaftCore(options, { hardState: kept, confState, applied: toLogIndex(0), log: this.stable });
  }

  /** Steps, and carries out everything that follows. */
  step(input: Input): Outcome {
    const outcome = this.core.step(input);
    this.run();
    return outcome;
  }

  receive(message: DistributiveOmit<Message, "to">): Outcome {
    return this.step({ kind: "message", message: { ...message, to: this.core.id } as Message });
  }

  tick(count = 1): void {
    for (let done = 0; done < count; done++) this.step({ kind: "tick" });
  }

  propose(text: string): Outcome {
    return this.step({ kind: "propose", proposals: [{ kind: "normal", data: new TextEncoder().encode(text) }] });
  }

  proposeChange(...operations: ConfChangeOperation[]): Outcome {
    return this.step({ kind: "propose", proposals: [{ kind: "confChange", change: changeOf(...operations) }] });
  }

  /** Carries out all Readys. */
  run(): void {
    while (this.core.hasReady()) {
      const ready = this.core.takeReady();
      this.sent.push(...ready.messages);
      this.persist(ready);
      this.finish(ready);
    }
  }

  persist(ready: Ready): void {
    if (ready.snapshot !== null) this.stable.install(ready.snapshot);
    this.stable.append(ready.entries);
  }

  /** What comes after the write. */
  finish(ready: Ready): void {
    this.sent.push(...ready.messagesAfterPersist);
    for (const input of ready.afterPersist) this.core.step(input);
    for (const committed of ready.committed) {
      if (committed.kind === "confChange") this.core.step({ kind: "confChangeApplied", change: committed.change });
      this.applied.push(printEntry(committed));
    }
    if (ready.afterApply !== null) this.core.step(ready.afterApply);
    this.reads.push(...ready.readStates);
  }

  /** Hands over what was sent since the last call, of one kind if given. */
  take<Kind extends MessageKind>(kind: Kind): MessageOf<Kind>[];
  take(): Message[];
  take(kind?: MessageKind): Message[] {
    const sent = this.sent;
    this.sent = [];
    return kind === undefined ? sent : sent.filter((message) => message.kind === kind);
  }

  /** Wins an election by the votes of these. */
  lead(...voters: readonly number[]): this {
    this.step({ kind: "campaign" });
    const { term } = this.core;
    for (const voter of voters)
      this.receive({ kind: "voteResponse", from: id(voter), term, granted: true, committed: NOTHING });
    if (this.core.role !== "leader") throw new Error(`it is ${this.core.role}, not leader`);
    return this;
  }

  /** A peer acknowledges everything up to `index`. */
  acknowledge(from: number, index: number): void {
    const { term } = this.core;
    this.receive({ kind: "appendEntriesResponse", from: id(from), term, index: toLogIndex(index), rejection: null });
  }

  get log(): string[] {
    return this.stable.contents.entries.map(({ term, index }) => `${term}/${index}`);
  }

  traced(kind: TraceEvent["kind"]): number {
    return this.traces.filter((event) => event.kind === kind).length;
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Carries messages between members until nobody says anything any more; `isLost` eats some. */
export function exchange(members: readonly Member[], isLost: (message: Message) => boolean = () => false): void {
  for (let rounds = 0; rounds < 200; rounds++) {
    const messages = members.flatMap((member) => member.take());
    if (messages.length === 0) return;
    for (const message of messages) {
      if (isLost(message)) continue;
      members.find(({ core }) => core.id === message.to)?.step({ kind: "message", message });
    }
  }
  throw new Error("they never stop talking");
}
