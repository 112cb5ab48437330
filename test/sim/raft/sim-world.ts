import type { ConfChange, ConfChangeOperation } from "../../../raft/core/entry.ts";
import type { Message } from "../../../raft/core/message.ts";
import type { CoreOptions } from "../../../raft/core/options.ts";
import type { RaftCore } from "../../../raft/core/raft-core.ts";
import type { Snapshot } from "../../../raft/core/snapshot.ts";
import { StableLog } from "../../../raft/core/stable-log.ts";
import { INDEX_ZERO, type LogIndex, type RaftId, sortedIds, toLogIndex, toRaftId, toTerm } from "../../../raft/ids.ts";
import type { Random } from "../../../shared/ports/random.ts";
import { Checkers } from "./checkers.ts";
import { Clients } from "./clients.ts";
import { EventQueue } from "./event-queue.ts";
import { SimNetwork } from "./network.ts";
import type { SimOptions } from "./options.ts";
import { type CommandResult, encodeCommand, type Registers } from "./registers.ts";
import { SimDisk } from "./sim-disk.ts";
import { EMPTY_STATE, type MemberWorld, SimMember } from "./sim-member.ts";
import { Sometimes } from "./sometimes.ts";
import type { TraceHash } from "./trace-hash.ts";

/** How many election timeouts a removed member goes on answering. */
const STAYS_TIMEOUTS = 5;

/** A whole group in one thread: members, disks, network, time. Everything in it follows from the seed. */
export class SimWorld implements MemberWorld {
  readonly options: SimOptions;
  readonly checkers = new Checkers();
  readonly queue = new EventQueue();
  readonly network: SimNetwork;
  readonly clients: Clients;
  readonly trace: TraceHash;
  /** Running members. */
  readonly up = new Map<RaftId, SimMember>();
  readonly disks = new Map<RaftId, SimDisk>();
  readonly sometimes: Sometimes;
  /**
   * Ids that left the group, by the index of the change; their processes have been stopped or will be when they speak.
   */
  readonly removed = new Map<RaftId, LogIndex>();
  /** The highest index that a client was told of. */
  acknowledged: LogIndex = INDEX_ZERO;
  readonly #random: Random;
  /** Removed, and told so. */
  readonly #stopping = new WeakSet<SimMember>();
  readonly #diskFreeAt = new Map<RaftId, number>();
  readonly #readFloors = new Map<number, LogIndex>();
  /** While only the survivors may live: the others' power is out. */
  #survivors: ReadonlySet<RaftId> | null = null;
  #nextId: number;
  #nextToken = 1;
  #isCalm = false;

  constructor(options: SimOptions, random: Random, trace: TraceHash) {
    this.options = options;
    this.#random = random;
    this.trace = trace;
    this.sometimes = new Sometimes((situation) => trace.count(situation));
    this.clients = new Clients(random.fork("clients"));
    this.network = new SimNetwork(this.queue, random.fork("network"), options, {
      onFault: (what) => trace.count(what),
      onDeliver: (message) => this.#deliver(message),
      onLost: (message) => this.#onLost(message),
    });
    const ids = Array.from({ length: options.members }, (_, at) => toRaftId(at + 1));
    this.#nextId = options.members + 1;
    for (const id of ids) {
      this.disks.set(id, new SimDisk(options.canary, foundation(ids)));
      this.start(id);
    }
  }

  coreOptions(id: RaftId): CoreOptions {
    const { electionTicks, heartbeatTicks, preVote, messageBytesMax, inflightCountMax, pipelinedWrites } = this.options;
    return {
      id,
      electionTicks,
      heartbeatTicks,
      preVote,
      checkQuorum: true,
      readMode: this.options.leaseReads ? "lease" : "safe",
      leaseDriftPercent: this.options.driftPercent,
      stepDownOnRemoval: true,
      disableProposalForwarding: true,
      disableConfChangeValidation: false,
      messageBytesMax,
      applyingBytesMax: 1_000,
      uncommittedBytesMax: 10_000,
      inflightCountMax,
      inflightBytesMax: 0,
      applyUnstable: !pipelinedWrites,
      random: this.#random.fork(`core/${id}/${this.queue.now}`),
      trace: (event) => {
        this.trace.onTrace(id, event);
        this.sometimes.onTrace(event);
      },
    };
  }

  start(id: RaftId): void {
    const disk = this.disks.get(id);
    if (disk === undefined || this.up.has(id) || !this.mayLive(id)) return;
    const member = new SimMember(id, disk, this);
    this.up.set(id, member);
    this.trace.note(`start ${id}`);
    this.#tickLater(member, this.#random.below(this.options.tickMs));
    member.pump();
  }

  /** The process ends without warning. Its peers' kernels tell them, mostly. */
  crash(id: RaftId): void {
    const member = this.up.get(id);
    if (member === undefined) return;
    this.up.delete(id);
    member.crash();
    const lost = member.disk.crash(this.#random);
    this.sometimes.onCrash(member.core.role === "leader", lost);
    this.trace.note(`crash ${id} lost ${lost}`);
    this.trace.count(lost > 0 ? "crashLosingWrites" : "crash");
    for (const peer of sortedIds(this.up.keys())) {
      if (this.#random.below(4) === 0) continue;
      this.queue.schedule(this.#random.below(5), () =>
        this.up.get(peer)?.give({ kind: "leaderConnectionClosed", peer: id }),
      );
    }
  }

  /** Power fails within `inMs` and is back within `backMs` after that. */
  powerCycle(id: RaftId, inMs: number, backMs: number): void {
    this.queue.schedule(this.#random.below(inMs + 1), () => {
      if (this.#isCalm) return;
      this.crash(id);
      this.queue.schedule(this.#random.below(backMs + 1), () => this.start(id));
    });
  }

  /** A client proposes to whoever believes to lead; returns whether there was anyone. */
  propose(): boolean {
    const leader = this.anyLeader();
    if (leader === null) return false;
    const data = encodeCommand(this.clients.createCommand());
    leader.give({ kind: "propose", proposals: [{ kind: "normal", data }] });
    return true;
  }

  proposeChange(change: ConfChange): void {
    this.anyLeader()?.give({ kind: "propose", proposals: [{ kind: "confChange", change }] });
  }

  read(): void {
    // Whoever was leader and does not know yet that it is not would tell of the past.
    const reader = this.#random.below(2) === 0 ? this.#oldestLeader() : this.anyMember();
    const token = this.#nextToken++;
    this.#readFloors.set(token, this.acknowledged);
    this.clients.beginRead(token);
    if (this.options.canary === "localReads") reader?.answerFromOwnState(token);
    else reader?.give({ kind: "readIndex", token });
  }

  /** A fresh id with an empty disk and a running process. */
  createNewcomer(): RaftId {
    const id = toRaftId(this.#nextId++);
    this.disks.set(id, new SimDisk(this.options.canary));
    this.start(id);
    return id;
  }

  anyMember(): SimMember | null {
    const ids = sortedIds(this.up.keys());
    if (ids.length === 0) return null;
    return this.up.get(ids[this.#random.below(ids.length)] as RaftId) ?? null;
  }

  /** There may be several that believe to lead; any of them. */
  anyLeader(): SimMember | null {
    const leaders = sortedIds(this.up.keys())
      .map((id) => this.up.get(id) as SimMember)
      .filter(({ isLeader }) => isLeader);
    return leaders.length === 0 ? null : (leaders[this.#random.below(leaders.length)] as SimMember);
  }

  anyUpLeader(): boolean {
    for (const member of this.up.values()) if (member.isLeader) return true;
    return false;
  }

  /** It belongs to the group, and its power is on. */
  mayLive(id: RaftId): boolean {
    return !this.removed.has(id) && (this.#survivors === null || this.#survivors.has(id));
  }

  #oldestLeader(): SimMember | null {
    const leaders = [...this.up.values()].filter(({ isLeader }) => isLeader).sort((a, b) => a.core.term - b.core.term);
    if (leaders.length > 1) this.sometimes.onReadAtOldLeader();
    return leaders[0] ?? null;
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  /** From now on nothing goes wrong any more: network, disks and processes do what they should. */
  calm(): void {
    this.#isCalm = true;
    this.network.heal(true);
    for (const member of this.up.values()) {
      // Or nobody could say who can do without whom: a change of membership may be among it.
      member.forgetMessages();
      member.setPaused(false);
    }
    this.trace.note("calm");
  }

  /** Only these live on; with null, everyone who still belongs to the group. */
  letLive(survivors: ReadonlySet<RaftId> | null): void {
    this.#survivors = survivors;
    if (survivors !== null) {
      for (const id of sortedIds(this.up.keys())) if (!survivors.has(id)) this.crash(id);
    }
    for (const id of sortedIds(this.disks.keys())) this.start(id);
  }

  // What members see of the world.

  send(message: Message): void {
    this.trace.onMessage("send", message);
    this.network.send(message);
    if (message.kind === "voteResponse" && message.granted) this.#maybeCrashAfterVote(message.from);
  }

  write(id: RaftId, done: () => void): void {
    const mean = this.#isCalm ? 0 : this.options.diskMsMean;
    const stall = mean > 0 && this.#random.below(500) === 0 ? 500 : 0;
    if (stall > 0) this.trace.count("diskStall");
    const takes = mean === 0 ? 0 : this.#random.below(2 * mean + 1) + stall;
    // One after the other: a disk's queue keeps its order.
    const at = Math.max(this.queue.now + takes, this.#diskFreeAt.get(id) ?? 0);
    this.#diskFreeAt.set(id, at);
    this.queue.schedule(at - this.queue.now, done);
  }

  onDropped(command: number): void {
    this.clients.onDropped(command);
  }

  onAcknowledged(index: LogIndex, done: { readonly command: number; readonly result: CommandResult } | null): void {
    if (index > this.acknowledged) this.acknowledged = index;
    this.trace.count("acknowledged");
    if (done !== null) this.clients.onDone(done.command, done.result);
  }

  readFloor(token: number): LogIndex {
    return this.#readFloors.get(token) ?? INDEX_ZERO;
  }

  onReadAnswered(token: number, registers: Registers): void {
    this.trace.count("readAnswered");
    this.clients.onRead(token, (key) => registers.get(key));
  }

  onConfiguration(core: RaftCore, index: LogIndex, gone: readonly RaftId[]): void {
    this.trace.count(core.configuration.voters.outgoing.size > 0 ? "jointApplied" : "confChangeApplied");
    this.sometimes.onConfiguration(core);
    for (const id of gone) {
      this.removed.set(id, index);
      this.trace.note(`removed ${id}`);
    }
    if (this.removed.has(core.id)) this.#stopRemoved(core.id);
  }

  /** Back at once: a vote that was not kept is only missed while others still ask for one in the same term. */
  #maybeCrashAfterVote(id: RaftId): void {
    const { crashAfterVotePercent, tickMs } = this.options;
    if (this.#isCalm || this.#random.below(100) >= crashAfterVotePercent) return;
    this.trace.count("crashAfterVote");
    this.powerCycle(id, 1, tickMs);
  }

  #tickLater(member: SimMember, delay: number): void {
    this.queue.schedule(delay, () => {
      if (this.up.get(member.id) !== member) return;
      member.give({ kind: "tick" });
      this.#tickLater(member, this.options.tickMs * this.#clockRate(member.id));
    });
  }

  /** How long a member's ticks are, compared to what they should be. The same in all its lives. */
  #clockRate(id: RaftId): number {
    if (this.options.canary === "wildClocks" && !this.#isCalm) return id % 3 === 0 ? 2 : 0.6;
    const drift = this.options.driftPercent / 100;
    return [1, 1 - drift, 1, 1 + drift][id % 4] as number;
  }

  #deliver(message: Message): void {
    const { from, to } = message;
    const receiver = this.up.get(to);
    if (receiver === undefined) {
      this.#onLost(message);
      return;
    }
    // The transport refuses whom it knows to be removed, and says so.
    if (receiver.applied >= (this.removed.get(from) ?? Number.MAX_SAFE_INTEGER)) {
      this.#stopRemoved(from);
      return;
    }
    this.trace.onMessage("deliver", message);
    receiver.give({ kind: "message", message });
    if (message.kind === "installSnapshot") this.up.get(from)?.give({ kind: "snapshotReport", peer: to, ok: true });
  }

  #onLost(message: Message): void {
    const sender = this.up.get(message.from);
    if (message.kind === "installSnapshot") sender?.give({ kind: "snapshotReport", peer: message.to, ok: false });
    else if (this.#random.below(3) === 0) sender?.give({ kind: "peerUnreachable", peer: message.to });
  }

  /**
   * A removed member stops a while after it knows, when its host has become a worker. Till then it answers: it may be
   * the only one who knows. Its id never comes back.
   */
  #stopRemoved(id: RaftId): void {
    const member = this.up.get(id);
    if (member === undefined || this.#stopping.has(member)) return;
    this.#stopping.add(member);
    const { electionTicks, tickMs } = this.options;
    this.queue.schedule(STAYS_TIMEOUTS * electionTicks * tickMs, () => {
      if (this.up.get(id) !== member) return;
      this.up.delete(id);
      member.crash();
      this.trace.note(`stop ${id}`);
    });
  }
}

/** All first members begin from the same snapshot, which says who they are. */
function foundation(ids: readonly RaftId[]): StableLog {
  const [index, term] = [toLogIndex(1), toTerm(1)];
  const confState = { voters: ids, learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const snapshot: Snapshot = {
    meta: { index, term, confState, members: [], removed: [] },
    data: EMPTY_STATE,
  };
  return new StableLog({ index, term }, [], snapshot);
}

export function change(...operations: ConfChangeOperation[]): ConfChange {
  return { transition: "auto", operations, member: null };
}
