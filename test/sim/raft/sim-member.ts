import type { Entry, Proposal } from "../../../raft/core/entry.ts";
import type { Input } from "../../../raft/core/input.ts";
import type { Message } from "../../../raft/core/message.ts";
import type { CoreOptions } from "../../../raft/core/options.ts";
import { RaftCore } from "../../../raft/core/raft-core.ts";
import type { ReadState } from "../../../raft/core/raft-state.ts";
import type { Ready } from "../../../raft/core/ready.ts";
import { EMPTY_CONF_STATE, type Snapshot } from "../../../raft/core/snapshot.ts";
import type { StableLog } from "../../../raft/core/stable-log.ts";
import { INDEX_ZERO, indexPlus, type LogIndex, type RaftId, type Term, toLogIndex } from "../../../raft/ids.ts";
import type { Checkers } from "./checkers.ts";
import type { SimOptions } from "./options.ts";
import { type CommandResult, decodeCommand, NO_REGISTERS, Registers } from "./registers.ts";
import type { Batch, SimDisk } from "./sim-disk.ts";
import type { Sometimes } from "./sometimes.ts";

/** Between the parts of a snapshot. */
const SEPARATOR = " ";
/** The snapshot that all begin with. */
export const EMPTY_STATE = new TextEncoder().encode(`0${SEPARATOR}${NO_REGISTERS}`);

/** What a member needs of the world around it. */
export interface MemberWorld {
  readonly options: SimOptions;
  readonly checkers: Checkers;
  readonly sometimes: Sometimes;
  coreOptions(id: RaftId): CoreOptions;
  send(message: Message): void;
  /** Calls `done` when a write would be over. */
  write(id: RaftId, done: () => void): void;
  /** A proposal was refused. */
  onDropped(command: number): void;
  /** A proposal of this member's is applied here; `done` is null for a change of membership. */
  onAcknowledged(index: LogIndex, done: { readonly command: number; readonly result: CommandResult } | null): void;
  /** The lowest index a read may be answered with. */
  readFloor(token: number): LogIndex;
  /** This member answers a read from what it has applied. */
  onReadAnswered(token: number, registers: Registers): void;
  /** This member has applied a change of membership, by which some left the group. */
  onConfiguration(core: RaftCore, index: LogIndex, gone: readonly RaftId[]): void;
}

/** A running member: what RaftNode does, without promises, on a simulated disk. It ends with a crash. */
export class SimMember {
  readonly id: RaftId;
  readonly disk: SimDisk;
  readonly core: RaftCore;
  /** A hash of everything applied, in order. */
  state = 0;
  applied: LogIndex;
  #registers = Registers.decode(NO_REGISTERS);
  readonly #world: MemberWorld;
  readonly #stable: StableLog;
  #inbox: Input[] = [];
  #writing = 0;
  #isDown = false;
  #paused = false;
  /** Own proposals by index, and the term they were made in. */
  readonly #proposed = new Map<LogIndex, Term>();
  /** Confirmed, and waiting for their index to be applied. */
  #reads: ReadState[] = [];

  constructor(id: RaftId, disk: SimDisk, world: MemberWorld) {
    this.id = id;
    this.disk = disk;
    this.#world = world;
    const { hardState, log } = disk.read();
    this.#stable = log;
    const snapshot = log.snapshot();
    const confState = snapshot?.meta.confState ?? EMPTY_CONF_STATE;
    this.applied = snapshot?.meta.index ?? INDEX_ZERO;
    if (snapshot !== null) this.#restore(snapshot);
    this.core = new RaftCore(world.coreOptions(id), { hardState, confState, applied: this.applied, log });
    world.checkers.onRestart(id);
  }

  get isLeader(): boolean {
    return this.core.role === "leader" && !this.#isDown;
  }

  give(input: Input): void {
    if (this.#isDown) return;
    this.#inbox.push(input);
    this.pump();
  }

  crash(): void {
    this.#isDown = true;
  }

  /** What came in and was not looked at yet is lost, as it is when connections end. */
  forgetMessages(): void {
    this.#inbox = this.#inbox.filter(({ kind }) => kind !== "message" && kind !== "propose");
  }

  /** Neither time nor messages reach it; writes finish by themselves. */
  setPaused(paused: boolean): void {
    this.#paused = paused;
    this.pump();
  }

  /** Steps what came in and carries out what follows, as far as the disk lets it. */
  pump(): void {
    while (!this.#isDown && !this.#isBlocked()) {
      const input = this.#inbox.shift();
      if (input !== undefined) this.#step(input);
      else if (!this.core.hasReady()) return;
      // One turn of the loop serves all that came in; here they are taken one by one, which is the harder case.
      while (!this.#isDown && !this.#isBlocked() && this.core.hasReady()) this.#carryOut(this.core.takeReady());
    }
  }

  #isBlocked(): boolean {
    return this.#paused || (this.#writing > 0 && !this.#world.options.pipelinedWrites);
  }

  #step(input: Input): void {
    const { checkers, sometimes } = this.#world;
    const before = this.core.lastIndex;
    sometimes.beforeStep(this.core, input);
    const outcome = this.core.step(input);
    if (input.kind === "propose" && outcome.kind === "done" && this.isLeader) {
      this.#proposed.set(toLogIndex(before + 1), this.core.term);
    }
    if (input.kind === "propose" && outcome.kind === "dropped") this.#onDropped(input.proposals);
    checkers.onStepped(this.core, input);
    sometimes.afterStep(this.core, input);
  }

  #carryOut(ready: Ready): void {
    const { checkers, options } = this.#world;
    checkers.onEntriesHandedOut(this.core, ready.entries);
    this.#sendAll(ready.messages);
    const { hardState, entries, snapshot } = ready;
    // In one go with the write, as asynchronous storage has it; only what is on disk is handed out then.
    if (options.pipelinedWrites) this.#apply(ready);
    if (hardState === null && entries.length === 0 && snapshot === null && this.#writing === 0) {
      this.#finish(ready, null);
      return;
    }
    const batch: Batch = { hardState, entries, snapshot };
    this.disk.begin(batch);
    this.#writing++;
    this.#world.write(this.id, () => {
      if (this.#isDown) return;
      this.#writing--;
      if (ready.mustSync) this.disk.sync(batch);
      this.#finish(ready, batch);
      this.pump();
    });
  }

  /** The write is over. */
  #finish(ready: Ready, batch: Batch | null): void {
    const { checkers, options } = this.#world;
    if (batch?.snapshot != null) {
      this.#stable.install(batch.snapshot);
      this.#restore(batch.snapshot);
    }
    this.#appendStable(ready.entries);
    this.#sendAll(ready.messagesAfterPersist);
    for (const input of ready.afterPersist) this.#step(input);
    if (!options.pipelinedWrites) this.#apply(ready);
    for (const read of ready.readStates) {
      checkers.onRead(this.id, read.index, this.#world.readFloor(read.token));
      this.#reads.push(read);
    }
    this.#answerReads();
    this.#maybeSnapshot();
  }

  #appendStable(entries: readonly Entry[]): void {
    const [first] = entries;
    if (first !== undefined && first.index <= this.#stable.lastIndex()) {
      const replaced = this.#stable.entries(
        first.index,
        indexPlus(this.#stable.lastIndex(), 1),
        Number.MAX_SAFE_INTEGER,
      );
      if (typeof replaced !== "string") this.#world.sometimes.onOverwritten(replaced);
    }
    this.#stable.append(entries);
  }

  #onDropped(proposals: readonly Proposal[]): void {
    for (const proposal of proposals) {
      const command = proposal.kind === "normal" ? decodeCommand(proposal.data) : null;
      if (command !== null) this.#world.onDropped(command.id);
    }
  }

  /** What must not be done: others may be further. */
  answerFromOwnState(token: number): void {
    this.#world.onReadAnswered(token, this.#registers);
  }

  #answerReads(): void {
    const due = this.#reads.filter(({ index }) => index <= this.applied);
    if (due.length === 0) return;
    this.#reads = this.#reads.filter(({ index }) => index > this.applied);
    for (const { token } of due) this.#world.onReadAnswered(token, this.#registers);
  }

  #sendAll(messages: readonly Message[]): void {
    for (const message of messages) {
      this.#world.checkers.onSend(this.core, this.disk, message);
      this.#world.send(message);
    }
  }

  #apply(ready: Ready): void {
    for (const entry of ready.committed) this.#applyEntry(entry);
    if (ready.afterApply !== null) this.#step(ready.afterApply);
  }

  #applyEntry(entry: Entry): void {
    if (entry.index !== this.applied + 1) throw new Error(`${this.id} applies ${entry.index} after ${this.applied}`);
    this.#world.checkers.onApply(this.id, entry);
    this.applied = entry.index;
    const command = entry.kind === "normal" ? decodeCommand(entry.data) : null;
    const done = command === null ? null : { command: command.id, result: this.#registers.apply(command) };
    if (entry.kind === "normal") {
      for (const byte of entry.data) this.state = Math.imul(this.state ^ byte, 0x01000193) >>> 0;
    } else {
      const before = new Set(this.core.memberIds);
      this.#step({ kind: "confChangeApplied", change: entry.change });
      for (const id of this.core.memberIds) before.delete(id);
      this.#world.onConfiguration(this.core, entry.index, [...before]);
    }
    const term = this.#proposed.get(entry.index);
    this.#proposed.delete(entry.index);
    if (term === entry.term) this.#world.onAcknowledged(entry.index, done);
  }

  #maybeSnapshot(): void {
    const { snapshotInterval, keepEntries } = this.#world.options;
    const fresh = this.applied - (this.#stable.snapshot()?.meta.index ?? 0);
    if (fresh < 1 || (fresh < snapshotInterval && !this.#isSnapshotOutdated())) return;
    if (this.applied > this.#stable.lastIndex()) return;
    const term = this.#stable.term(this.applied);
    if (typeof term !== "number") return;
    const meta = {
      index: this.applied,
      term,
      confState: this.core.confState,
      members: [],
      removed: [],
    };
    const snapshot: Snapshot = { meta, data: this.#encode() };
    const compactTo = toLogIndex(Math.max(0, this.applied - keepEntries));
    // With writes under way the disk's log and ours are not the same; the next turn will do.
    if (this.#writing > 0) return;
    this.disk.saveSnapshot(snapshot, compactTo);
    this.#stable.setSnapshot(snapshot);
    this.#stable.compact(compactTo);
  }

  /** Someone waits for a snapshot that says it is a member. */
  #isSnapshotOutdated(): boolean {
    for (const [id, { match }] of this.core.progress) {
      if (match + 1 < this.#stable.firstIndex() && !this.#isKnownToSnapshot(id)) return true;
    }
    return false;
  }

  #encode(): Uint8Array {
    return new TextEncoder().encode(`${this.state}${SEPARATOR}${this.#registers.encode()}`);
  }

  #isKnownToSnapshot(id: RaftId): boolean {
    const state = this.#stable.snapshot()?.meta.confState;
    return state === undefined || [...state.voters, ...state.learners, ...state.votersOutgoing].includes(id);
  }

  #restore(snapshot: Snapshot): void {
    const [state = "", registers = ""] = new TextDecoder().decode(snapshot.data).split(SEPARATOR);
    this.state = Number(state);
    this.#registers = Registers.decode(registers);
    this.applied = snapshot.meta.index;
  }
}
