import { Bell } from "../../shared/bell.ts";
import { isRetryable, messageOf } from "../../shared/errors.ts";
import { GOSSIP_PORT, PROBE_TIMEOUT_MS, type Prober } from "../../shared/host-probe/prober.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Logger } from "../../shared/log.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { Scope } from "../../shared/scope.ts";
import { TimeSlices } from "../../shared/time-slices.ts";
import { PASS_SLICE_MS } from "../control-loop.ts";
import type { ReadView, Store, WriteTx } from "../store/store-types.ts";
import { isolate, type Trouble, TroubleBook } from "../trouble.ts";
import { Absences } from "./absences.ts";
import { GossipMoment, type GossipSource } from "./gossip-evidence.ts";
import { type Evidence, judgeNode, PROBE_AFTER_SILENT_MS, type Verdict } from "./judge-node.ts";
import { becomeOrphaned, findOrphans, StrayNodes } from "./orphans.ts";
import { probeHost } from "./probe-host.ts";
import { ProbeLog } from "./probe-log.ts";

/**
 * How often all nodes are judged while one of them is not ready or not heard; every time above has this error. A swarm
 * whose nodes all speak is looked at when the first of them would have missed a heartbeat.
 */
export const LIVENESS_TICK_MS = 100;
/** If judging was delayed by this much, the leader cannot tell who was silent: all silences start again. */
export const JUDGE_STALL_MS = 500;
/** How often to look for tasks that will never be reported on, or count as lost: the error of `--lost-after`. */
export const ORPHAN_TICK_MS = 1_000;
/** Concurrent connection attempts: after the loss of a large network all hosts are silent. */
export const PROBES_AT_ONCE_MAX = 128;

export interface LivenessOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly prober: Prober;
  /** From the dispatcher: what the node's sessions show; null = none since this leader took over. */
  readonly trace: (nodeId: NodeId) => {
    readonly isOpen: boolean;
    readonly gossips: boolean;
    readonly heardAtMs: InstantMs;
  } | null;
  /** What gossip says; null = gossip is not consulted. */
  readonly gossip: GossipSource | null;
  /** Default GOSSIP_PORT. */
  readonly probePort?: number;
}

export interface Liveness {
  /** Judges every node until the scope ends. */
  lead(scope: Scope): void;
}

export function createLiveness(options: LivenessOptions): Liveness {
  return {
    lead(scope) {
      const watch = new LivenessWatch(options);
      scope.spawn("liveness", (signal) => watch.judgeForever(signal));
      scope.spawn("orphans", (signal) => watch.orphanForever(signal));
    },
  };
}

/** The judgement of one leadership; evidence of an earlier one is not carried over. */
class LivenessWatch {
  readonly #options: LivenessOptions;
  readonly #probes = new ProbeLog();
  readonly #troubles: TroubleBook;
  /** The earliest start of any silence: the beginning of this leadership, or when this process last stalled. */
  #listensSinceMs: InstantMs;
  #probing = 0;
  /** The heartbeat that was asked of nodes when they were last judged. */
  #periodMs = 0;

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#troubles = new TroubleBook(options.log, options.random);
    this.#listensSinceMs = options.clock.now();
  }

  async judgeForever(signal: AbortSignal): Promise<void> {
    const news = new Bell();
    using _reports = this.#options.gossip?.onReport(() => news.ring());
    using _nodes = this.#ringOnNodes(news);
    for (;;) {
      this.#followPeriod();
      const nodes = this.#options.store.view().all("node");
      const gossip = this.#gossipNow(nodes);
      const troubles: Trouble[] = [];
      const isSuspect = (node: Node): boolean =>
        isolate(troubles, `node ${node.id}`, () => this.#judge(node, gossip) !== null, false);
      const suspects: Node[] = [];
      const slices = this.#slices();
      for (const node of nodes) {
        // Before the first one, too: others may have used this turn.
        if (slices.isUsedUp) await slices.rest(signal);
        if (isSuspect(node)) suspects.push(node);
      }
      if (suspects.length > 0) await this.#write("node liveness", (tx) => this.#judgeAll(tx, suspects, troubles));
      if (slices.isUsedUp) await slices.rest(signal);
      this.#probeSilent(troubles);
      const restMs = isolate(troubles, "when to judge again", () => this.#restMs(), LIVENESS_TICK_MS);
      this.#troubles.pass(troubles);
      const beforeMs = this.#options.clock.now();
      // Or until gossip has news, which saves up to a tenth of a second.
      using _tick = this.#options.clock.schedule(restMs, "liveness: judge", () => news.ring());
      await news.next(signal);
      const nowMs = this.#options.clock.now();
      if (nowMs - beforeMs > restMs + JUDGE_STALL_MS) this.#listensSinceMs = nowMs;
    }
  }

  /** A tick after what the store says of nodes has changed: with many of them, not for each change. */
  #ringOnNodes(news: Bell): Disposable {
    const { store, clock } = this.#options;
    let soon: Disposable | null = null;
    const subscription = store.subscribe(({ resync, changes }) => {
      if (!resync && !changes.some(({ kind }) => kind === "node" || kind === "cluster")) return;
      soon ??= clock.schedule(LIVENESS_TICK_MS, "liveness: nodes have changed", () => {
        soon = null;
        news.ring();
      });
    });
    return {
      [Symbol.dispose]() {
        subscription[Symbol.dispose]();
        soon?.[Symbol.dispose]();
      },
    };
  }

  /** For how long there is nothing to be judged: until the first of the nodes would be asked whether it is there. */
  #restMs(): number {
    const nowMs = this.#options.clock.now();
    let restMs = PROBE_AFTER_SILENT_MS;
    for (const { id, status } of this.#options.store.view().all("node")) {
      const trace = this.#options.trace(id);
      if (status.state !== "READY" || trace?.isOpen !== true) return LIVENESS_TICK_MS;
      restMs = Math.min(restMs, trace.heardAtMs + PROBE_AFTER_SILENT_MS - nowMs);
      if (restMs <= LIVENESS_TICK_MS) return LIVENESS_TICK_MS;
    }
    return restMs;
  }

  // Nodes hear of a shorter period after us: until then they are silent for as long as the old one let them be.
  #followPeriod(): void {
    const { heartbeatPeriodMs } = this.#options.store.view().cluster().spec;
    if (heartbeatPeriodMs < this.#periodMs) this.#listensSinceMs = this.#options.clock.now();
    this.#periodMs = heartbeatPeriodMs;
  }

  async orphanForever(signal: AbortSignal): Promise<void> {
    const book = new TroubleBook(this.#options.log, this.#options.random);
    const strays = new StrayNodes();
    const absences = new Absences();
    let filling: Iterator<void> | null = null;
    const view = (): ReadView => this.#options.store.view();
    function* fill(): Generator<void> {
      yield* strays.fill(view);
      yield* absences.fill(view);
    }
    using _subscription = this.#options.store.subscribe((commit) => {
      strays.note(commit, view());
      absences.note(commit);
      if (commit.resync) filling = fill();
    });
    filling = fill();
    for (;;) {
      const slices = this.#slices();
      while (filling !== null) {
        if (filling.next().done === true) filling = null;
        if (slices.isUsedUp) await slices.rest(signal);
      }
      const wallMs = this.#options.clock.wallNow();
      const troubles: Trouble[] = [];
      if (findOrphans(view(), strays, wallMs, troubles).length > 0) {
        await this.#write("orphaned tasks", (tx) => {
          for (const { task, message } of findOrphans(tx, strays, wallMs, troubles)) {
            if (tx.isFull) break;
            const write = (): void => tx.update("task", becomeOrphaned(task, message, wallMs));
            isolate(troubles, `task ${task.id}`, write, undefined);
          }
        });
      }
      await this.#writeLosses(absences, troubles);
      book.pass(troubles);
      await sleep(this.#options.clock, ORPHAN_TICK_MS, "liveness: orphans", signal);
    }
  }

  async #writeLosses(absences: Absences, troubles: Trouble[]): Promise<void> {
    const { store, clock } = this.#options;
    const nowMs = clock.now();
    absences.watch(store.view(), nowMs, troubles);
    const changesIn = (view: ReadView): readonly Task[] => absences.changes(view, nowMs, clock.wallNow(), troubles);
    if (changesIn(store.view()).length === 0) return;
    await this.#write("lost tasks", (tx) => {
      for (const task of changesIn(tx)) {
        if (tx.isFull) break;
        isolate(troubles, `task ${task.id}`, () => tx.update("task", task), undefined);
      }
    });
  }

  #slices(): TimeSlices {
    return new TimeSlices({ clock: this.#options.clock, sliceMs: PASS_SLICE_MS, label: "liveness: let others go on" });
  }

  // The node is judged again on the newest state: it may have registered, or been removed, in between.
  #judgeAll(tx: WriteTx, suspects: readonly Node[], troubles: Trouble[]): void {
    const gossip = this.#gossipNow(tx.all("node"));
    for (const { id } of suspects) isolate(troubles, `node ${id}`, () => this.#judgeAgain(tx, id, gossip), undefined);
  }

  #judgeAgain(tx: WriteTx, id: NodeId, gossip: GossipMoment | null): void {
    const node = tx.get("node", id);
    const verdict = node === undefined ? null : this.#judge(node, gossip);
    if (node === undefined || verdict === null || tx.isFull) return;
    tx.update("node", { ...node, status: this.#statusAfter(node, verdict) });
    this.#options.log.info("node judged", { nodeId: id, from: node.status.state, ...verdict });
  }

  #statusAfter({ id, status }: Node, { state, message, finding, isSilent }: Verdict): Node["status"] {
    const wallMs = this.#options.clock.wallNow();
    const sinceMs = state === status.state ? status.sinceMs : wallMs;
    const silentMs = this.#options.clock.now() - this.#silentSince(this.#options.trace(id));
    const silentSinceMs = isSilent ? status.silentSinceMs || wallMs - Math.round(silentMs) : 0;
    return { ...status, state, message, finding, sinceMs, silentSinceMs };
  }

  #gossipNow(nodes: readonly Node[]): GossipMoment | null {
    const { gossip, clock } = this.#options;
    return gossip === null ? null : new GossipMoment(gossip, nodes, clock.now());
  }

  #judge({ id, status }: Node, gossip: GossipMoment | null): Verdict | null {
    const { spec } = this.#options.store.view().cluster();
    const { state, finding, silentSinceMs } = status;
    const silentForMs = silentSinceMs === 0 ? null : this.#options.clock.wallNow() - silentSinceMs;
    return judgeNode({ state, finding, silentForMs }, this.#evidence(id, gossip), spec);
  }

  #evidence(nodeId: NodeId, gossip: GossipMoment | null): Evidence {
    const trace = this.#options.trace(nodeId);
    const silentSinceMs = this.#silentSince(trace);
    const nowMs = this.#options.clock.now();
    // An old daemon, or one whose port is taken: if gossip has it dead from an earlier life, that means nothing.
    const doesNotGossip = trace?.isOpen === true && !trace.gossips;
    return {
      session: trace === null ? "never" : trace.isOpen ? "open" : "closed",
      heardAgoMs: trace === null ? Number.POSITIVE_INFINITY : nowMs - trace.heardAtMs,
      silentMs: nowMs - silentSinceMs,
      ...this.#probes.evidence(nodeId, silentSinceMs),
      gossip: gossip === null || doesNotGossip ? null : gossip.evidence(nodeId),
    };
  }

  #probeSilent(troubles: Trouble[]): void {
    const nowMs = this.#options.clock.now();
    const nodes = this.#options.store.view().all("node");
    this.#probes.keepOnly((id) => this.#options.store.view().get("node", id) !== undefined);
    for (const node of nodes) isolate(troubles, `node ${node.id}`, () => this.#maybeProbe(node, nowMs), undefined);
  }

  #maybeProbe(node: Node, nowMs: InstantMs): void {
    const trace = this.#options.trace(node.id);
    // Asked of every node ten times a second: of one that speaks there is nothing more to ask.
    if (trace?.isOpen === true && nowMs - trace.heardAtMs < PROBE_AFTER_SILENT_MS) return;
    const host = probeHost(node);
    if (node.status.state === "DOWN" || host === null || this.#probing >= PROBES_AT_ONCE_MAX) return;
    const silentSinceMs = this.#silentSince(trace);
    // Without a stream there is nothing to wait for: a new leader probes every host that has not connected yet, so that
    // the loss of its predecessor's host is noticed soon.
    const isOpen = trace?.isOpen === true;
    if (this.#probes.maybeBegin(node.id, silentSinceMs, nowMs, isOpen)) void this.#probe(node.id, host, silentSinceMs);
  }

  #silentSince(trace: ReturnType<LivenessOptions["trace"]>): InstantMs {
    return Math.max(this.#listensSinceMs, trace?.heardAtMs ?? this.#listensSinceMs);
  }

  async #probe(nodeId: NodeId, host: string, silentSinceMs: InstantMs): Promise<void> {
    this.#probing++;
    const startMs = this.#options.clock.now();
    try {
      const port = this.#options.probePort ?? GOSSIP_PORT;
      const answer = await this.#options.prober.probe(host, port, PROBE_TIMEOUT_MS);
      this.#probes.onAnswer(nodeId, silentSinceMs, startMs, answer);
    } finally {
      this.#probing--;
    }
  }

  // A failed write does no harm: the next tick judges again. Loss of leadership ends the scope anyway.
  async #write(label: string, change: (tx: WriteTx) => void): Promise<void> {
    try {
      await this.#options.store.update(label, change);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      this.#options.log.debug(`${label} not written`, { error: messageOf(error) });
    }
  }
}
