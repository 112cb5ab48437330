import { messageOf } from "../shared/errors.ts";
import { unreachable } from "../shared/invariant.ts";
import { sleep } from "../shared/ports/clock.ts";
import type { Entry } from "./core/entry.ts";
import type { Input } from "./core/input.ts";
import type { Message } from "./core/message.ts";
import type { RaftCore } from "./core/raft-core.ts";
import type { Ready } from "./core/ready.ts";
import type { ConfState, Snapshot } from "./core/snapshot.ts";
import type { StableLog } from "./core/stable-log.ts";
import type { LogIndex, RaftId, RaftMember } from "./ids.ts";
import { Applier } from "./node/applier.ts";
import { type Booted, boot } from "./node/boot.ts";
import { HandOver } from "./node/hand-over.ts";
import { Inbox, type InboxItem } from "./node/inbox.ts";
import { LeadershipEvents, type LeadershipState } from "./node/leadership-events.ts";
import { changesMembers, LogWriter } from "./node/log-writer.ts";
import type { MemberDirectory } from "./node/member-directory.ts";
import { type Admission, MembershipChanges } from "./node/membership-changes.ts";
import { MembershipNews } from "./node/membership-news.ts";
import type { RaftNodeOptions } from "./node/node-options.ts";
import { lostLeadership, type PendingProposal, PendingProposals, stopping } from "./node/pending-proposals.ts";
import { checkProposal, proposeInBatches } from "./node/propose.ts";
import { Reachability } from "./node/reachability.ts";
import { ReadBarriers } from "./node/read-barriers.ts";
import { Snapshotter } from "./node/snapshotter.ts";
import { electorateOf, statusOf } from "./node/status.ts";
import { quietTicks, Ticker } from "./node/ticker.ts";
import { ADDRESS_LOOK_TICKS, TURN_MS_MAX } from "./node/timing.ts";
import { logTrace } from "./node/trace-log.ts";
import type { Electorate, RaftHandle, RaftStatus } from "./raft-handle.ts";

/**
 * One member of the group, running: a loop around the core. Each turn takes everything that has come in, steps it, and
 * carries out what the core hands out: send, write (one synced batch), send promises, apply. It decides nothing itself.
 *
 *     peers, callers, clock --> inbox --> core --> Ready --> storage --> transport, state machine
 */
export class RaftNode implements RaftHandle, AsyncDisposable {
  /** Resolves when the loop is over: with null after `stop`, with the error when it could not go on. Never rejects. */
  readonly ended: Promise<Error | null>;

  readonly #options: RaftNodeOptions;
  readonly #core: RaftCore;
  readonly #stable: StableLog;
  readonly #directory: MemberDirectory;
  readonly era: number;
  readonly #inbox = new Inbox();
  readonly #proposals = new PendingProposals();
  readonly #reads: ReadBarriers;
  readonly #events = new LeadershipEvents();
  readonly #reachability: Reachability;
  readonly #writer: LogWriter;
  readonly #applier: Applier;
  readonly #snapshotter: Snapshotter;
  readonly #changes: MembershipChanges;
  readonly #news: MembershipNews;
  readonly #handOver: HandOver;
  readonly #ticker: Ticker;
  #stopping = false;
  #failure: Error | null = null;
  #removed = false;
  #leaderTerm = 0;
  #ticksSinceLook = 0;

  /**
   * Boots from the storage and begins to run.
   * @throws SwarmError when the storage is damaged or another member's; then storage and transport are closed.
   */
  static async start(options: RaftNodeOptions): Promise<RaftNode> {
    try {
      const booted = await boot(options, logTrace(options.log, options.trace));
      return new RaftNode(options, booted);
    } catch (error) {
      await options.transport[Symbol.asyncDispose]();
      await options.storage[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: RaftNodeOptions, { core, stable, directory, era }: Booted) {
    this.#options = options;
    this.#core = core;
    this.#stable = stable;
    this.#directory = directory;
    this.era = era;
    this.#reads = new ReadBarriers(options.clock, 1 + options.random.below(2 ** 40));
    this.#reachability = new Reachability(options.clock, core.id);
    const { stateMachine, clock, storage } = options;
    this.#writer = new LogWriter(storage, {
      onSnapshotWritten: (snapshot) => this.#applier.restore(snapshot),
      onWritten: (readys) => this.#inLoop(() => this.#onWritten(readys)),
      onFailure: (error) => this.#fail(error),
    });
    this.#applier = new Applier(core, stateMachine, directory, clock, (entry) => this.#onApplied(entry));
    this.#snapshotter = new Snapshotter(core, this.#applier, stable, storage, {
      clock,
      settings: options.snapshotSettings,
    });
    this.#handOver = new HandOver({
      core,
      clock,
      reachability: this.#reachability,
      step: (input) => this.#step(input),
      isOver: () => this.#isOver(),
    });
    this.#changes = new MembershipChanges({
      core,
      directory,
      era,
      isLeading: () => this.#events.state === "leading",
      reachable: () => this.#reachability.reachable(),
      proposeChange: (change) => this.#enqueue({ kind: "confChange", change }),
      handOver: () => this.#handOver.toAny(),
      onTendingFailed: (error) => options.log.info(`raft: a member must wait for its change: ${messageOf(error)}`),
      addressOf: (id) => (id === core.id ? options.address : options.transport.addressOf(id)),
    });
    this.#ticker = new Ticker(options.clock, () => this.#inbox.wake());
    options.transport.start(
      { raftId: core.id, era },
      {
        onMessages: (messages) => this.#onMessages(messages),
        onUnreachable: (peer) => this.#step({ kind: "peerUnreachable", peer }),
        onSnapshotReport: (peer, ok) => this.#step({ kind: "snapshotReport", peer, ok }),
        onConnectionClosed: (peer) => {
          this.#reachability.lost(peer);
          this.#step({ kind: "leaderConnectionClosed", peer });
        },
        onRemoved: () => this.#inLoop(() => this.#markRemoved()),
      },
    );
    this.#news = new MembershipNews(directory, options.transport);
    this.ended = this.#runToEnd();
  }

  get raftId(): RaftId {
    return this.#core.id;
  }

  /** The voters and learners, as applied here. */
  get confState(): ConfState {
    return this.#core.confState;
  }

  status(): RaftStatus {
    return statusOf(this.#core, this.#applier.index, this.#news.members, this.#reachability, this.#removed);
  }

  electorate(): Electorate {
    return electorateOf(this.#core, this.#reachability);
  }

  propose(data: Uint8Array): Promise<LogIndex> {
    const tooMuch = checkProposal(data, this.#proposals.count + this.#inbox.length);
    return tooMuch === null ? this.#enqueue({ kind: "normal", data }) : Promise.reject(tooMuch);
  }

  readBarrier(): Promise<void> {
    if (this.#isOver()) return Promise.reject(stopping());
    const barrier = this.#reads.add();
    this.#inbox.wake();
    return barrier;
  }

  addMember(member: RaftMember): Promise<void> {
    return this.#changes.add(member);
  }

  removeMember(raftId: RaftId): Promise<void> {
    return this.#changes.remove(raftId);
  }

  /** Leader only: lets a manager join (JoinGroup). @throws NotLeaderError. */
  admitMember(joiner: { readonly nodeId: string; readonly address: string }): Promise<Admission> {
    return this.#changes.admit(joiner);
  }

  transferLeadership(to: RaftId): Promise<void> {
    return this.#handOver.to(to);
  }

  onLeadership(listener: (state: LeadershipState) => void): Disposable {
    return this.#events.onLeadership(listener);
  }

  onLeaderChange(listener: (leader: RaftMember | null) => void): Disposable {
    return this.#events.onLeaderChange(listener);
  }

  /** Encrypts this member's log with a new key, in parallel with everything else; resolves when the old one is gone. */
  rotateDataKey(): Promise<void> {
    return this.#isOver() ? Promise.reject(stopping()) : this.#options.storage.rotateDataKey();
  }

  /** Hands over leadership if it can, ends the loop, and closes transport and storage. Idempotent. */
  async stop(): Promise<void> {
    if (!this.#isOver()) await this.#handOver.toAny();
    this.#stopping = true;
    this.#inbox.wake();
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #runToEnd(): Promise<Error | null> {
    const { clock } = this.#options;
    try {
      // The caller that started the node can subscribe before anything is applied or decided.
      await sleep(clock, 0, "raft start");
      while (!this.#stopping && this.#failure === null) {
        this.#turn();
        await this.#inbox.wait();
        // All that has arrived by now shares a turn: one write, one message to each peer. Other work gets its own.
        await sleep(clock, 0, "raft turn");
      }
    } catch (error) {
      // A broken invariant: what is in memory can no longer be trusted.
      this.#fail(error);
    }
    this.#ticker[Symbol.dispose]();
    this.#refuseAll();
    this.#events.setState("following");
    await this.#options.transport[Symbol.asyncDispose]();
    await this.#snapshotter.stop();
    await this.#writer.idle();
    await this.#options.storage[Symbol.asyncDispose]();
    return this.#failure;
  }

  #turn(): void {
    const began = this.#options.clock.now();
    const { quiet, acting } = this.#ticker.takeTicks();
    for (let at = 0; at < quiet; at++) this.#core.step({ kind: "tick" });
    this.#stepItems(this.#inbox.drain());
    // After the messages: a heartbeat that was waiting while the process was busy counts before the time that passed.
    for (let at = 0; at < acting; at++) this.#core.step({ kind: "tick" });
    this.#reads.askAll((token) => this.#core.step({ kind: "readIndex", token }).kind === "done");
    this.#settle();
    while (this.#core.hasReady() && this.#options.clock.now() - began < TURN_MS_MAX) {
      this.#carryOut(this.#core.takeReady());
      this.#settle();
    }
    // The rest in the next turn: what has come in since, and ticks, go first.
    if (this.#core.hasReady()) this.#inbox.wake();
    if (quiet + acting > 0) this.#writer.flush();
    this.#ticker.plan(this.#writer.needsFlush || this.#reads.isWaiting ? 0 : quietTicks(this.#core));
    this.#ticksSinceLook += quiet + acting;
    if (this.#ticksSinceLook < ADDRESS_LOOK_TICKS) return;
    this.#ticksSinceLook = 0;
    this.#changes.maybeFollow();
  }

  /** Does what the core hands out, in the order that safety depends on (see Ready). */
  #carryOut(ready: Ready): void {
    this.#options.transport.send(ready.messages);
    if (!this.#writer.add(ready)) this.#onWritten([ready]);
    for (const entry of ready.committed) this.#applier.apply(entry);
    if (ready.afterApply !== null) this.#core.step(ready.afterApply);
    this.#reads.onReadStates(ready.readStates);
  }

  /** Gives the promises that depend on the Readys' write. */
  #onWritten(readys: readonly Ready[]): void {
    for (const ready of readys) {
      const { snapshot, entries, messagesAfterPersist, afterPersist } = ready;
      if (snapshot !== null) this.#onRestored(snapshot);
      this.#stable.append(entries);
      this.#options.transport.send(messagesAfterPersist);
      for (const input of afterPersist) this.#core.step(input);
      if (changesMembers(ready)) this.#onMembersWritten(ready.committed);
    }
  }

  #onRestored(snapshot: Snapshot): void {
    this.#stable.install(snapshot);
    this.#snapshotter.onRestored(snapshot.meta.index);
    this.#proposals.onSnapshot(snapshot.meta.index);
    this.#news.publish();
  }

  /** Applied before, and now certain: those that asked for it may rely on it. */
  #onMembersWritten(committed: readonly Entry[]): void {
    this.#news.publish();
    for (const entry of committed) if (entry.kind === "confChange") this.#proposals.onApplied(entry);
  }

  /** Follows up on the core's present state; called after every change of it. */
  #settle(): void {
    const { role, term, leader, applied, commit, isOnlyVoter } = this.#core;
    this.#followLeadership();
    this.#events.setLeader(this.#removed ? null : leader, (id) => this.#directory.get(id));
    // Its first entry of the term is applied, so everything before it is.
    if (role === "leader" && this.#applier.term === term) this.#events.setState("leading");
    if (!this.#applier.isRestoring) this.#reads.onApplied(this.#applier.index);
    // The only voter need not wait for an election timeout.
    if (role === "follower" && applied === commit && isOnlyVoter) this.#core.step({ kind: "campaign" });
    this.#changes.maybePromote();
    this.#snapshotter.maybeStart(
      (run) => this.#inLoop(run),
      (error) => this.#fail(error),
    );
  }

  /** No one is waiting for a proposal of a leadership that is over. */
  #followLeadership(): void {
    const { role, term } = this.#core;
    if (this.#leaderTerm !== 0 && (role !== "leader" || term !== this.#leaderTerm)) {
      this.#leaderTerm = 0;
      this.#proposals.abort(lostLeadership());
      this.#events.setState("following");
    }
    if (role === "leader") this.#leaderTerm = term;
  }

  #stepItems(items: readonly InboxItem[]): void {
    for (const item of items) {
      if (item.kind !== "proposal") this.#propose();
      switch (item.kind) {
        case "proposal":
          this.#proposals.gather(item.proposal);
          break;
        case "input":
          this.#core.step(item.input);
          break;
        case "run":
          item.run();
          break;
        default:
          unreachable(item);
      }
    }
    this.#propose();
  }

  /** A follower refuses at once; a leader whose disk is busy lets more accumulate. */
  #propose(): void {
    if (this.#core.role === "leader" && this.#writer.isBusy) return;
    // A node that was suspended may win and lose an election within one turn.
    this.#followLeadership();
    proposeInBatches(this.#core, this.#proposals.takeGathered(), this.#proposals);
  }

  async #onMessages(messages: readonly Message[]): Promise<void> {
    await this.#inbox.room();
    for (const message of messages) {
      this.#reachability.heardFrom(message.from);
      this.#step({ kind: "message", message });
    }
  }

  #onApplied(entry: Entry): void {
    if (entry.kind === "confChange") this.#news.onApplied();
    else this.#proposals.onApplied(entry);
  }

  #enqueue(proposal: PendingProposal["proposal"]): Promise<LogIndex> {
    if (this.#isOver()) return Promise.reject(stopping());
    return new Promise((resolve, reject) => {
      this.#inbox.push({ kind: "proposal", proposal: { proposal, resolve, reject } });
    });
  }

  #step(input: Input): void {
    if (!this.#isOver()) this.#inbox.push({ kind: "input", input });
  }

  #inLoop(run: () => void): void {
    if (!this.#isOver()) this.#inbox.push({ kind: "run", run });
  }

  #markRemoved(): void {
    if (this.#removed) return;
    this.#removed = true;
    this.#options.log.info("this node is out of the managers' group for good", { raftId: this.#core.id });
    this.#inbox.wake();
    this.#events.setState("removed");
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(messageOf(error));
    this.#options.log.error("consensus ended", { error: messageOf(error), stack: this.#failure.stack });
    this.#inbox.wake();
  }

  #refuseAll(): void {
    this.#stopping = true;
    const error = stopping();
    for (const item of this.#inbox.drain()) if (item.kind === "proposal") this.#proposals.gather(item.proposal);
    for (const { reject } of this.#proposals.takeGathered()) reject(error);
    this.#proposals.abort(lostLeadership());
    this.#reads.abort(error);
  }

  #isOver(): boolean {
    return this.#stopping || this.#failure !== null;
  }
}
