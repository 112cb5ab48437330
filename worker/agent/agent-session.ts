import { Bell } from "../../shared/bell.ts";
import { SwarmError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type {
  Assignments,
  ClusterView,
  LogSubscription,
  ManagerMessage,
  OpenCall,
  UsageReport,
  UsageRequest,
} from "../../shared/rpc/gen/dispatcher.ts";
import type { Examination, ExaminationReport } from "../../shared/rpc/gen/doctor.ts";
import type { NodeDescription } from "../../shared/rpc/gen/objects.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { GoneHost } from "../ports/host-membership.ts";
import type { Outgoing, SessionStream } from "./session-transport.ts";
import type { StatusQueue } from "./status-queue.ts";

/** A leader is gone when it has been silent for so many heartbeats: it answers each of them. */
export const LEADER_SILENT_BEATS = 4;
/** But not earlier than this, however fast the heartbeat. */
export const LEADER_SILENT_MS_MIN = 2_000;
/** Interval of heartbeats until the leader has said how often it wants them. */
export const HEARTBEAT_DEFAULT_MS = 500;
/** A heartbeat this late is our own fault; the leader's answers may be waiting unread. */
export const OWN_STALL_MS = 500;
/** A report without an answer is sent again after this time. */
export const REPORT_REPEAT_MS = 2_000;
/** Heartbeats without an answer of which it is known when they were sent: half a minute's. */
const BEATS_UNANSWERED_MAX = 64;
/** Reports of examinations that wait to be sent; older ones are of no use any more. */
const EXAMINATIONS_MAX = 4;

invariant(LEADER_SILENT_BEATS >= 3, "one lost heartbeat does not end a session");

/** What a session passes on. Called in order of arrival; `onAssignments` may throw to end the session. */
export interface SessionListener {
  onRegistered(): void;
  onClusterView(view: ClusterView): void;
  onAssignments(assignments: Assignments): void;
  onLogSubscription(subscription: LogSubscription): void;
  onExamination(examination: Examination): void;
  onUsageRequest(request: UsageRequest): void;
  onOpenCall(request: OpenCall): void;
}

export interface AgentSessionOptions {
  readonly clock: Clock;
  readonly stream: SessionStream;
  readonly statuses: StatusQueue;
  readonly description: NodeDescription;
  /** What the leader should know about gossip now; null = this host does not gossip. */
  readonly gossip: () => readonly GoneHost[] | null;
  /** A leader has answered what was sent at that instant. */
  readonly onContact: (sentAtMs: InstantMs) => void;
  readonly listener: SessionListener;
}

/** The worker's end of one stream: keeps it alive, sends what is due when the stream can take it. */
export class AgentSession {
  readonly #options: AgentSessionOptions;
  readonly #bell = new Bell();
  #owesRegister = true;
  #owesHeartbeat = false;
  #beats = 0;
  /** When each heartbeat was sent that has not been answered; an answer is for all before it, too. */
  readonly #sentBeats = new Map<number, InstantMs>();
  #owesGossip = true;
  #owesDescription: NodeDescription | null = null;
  #owesLeave = false;
  /** Two at most for each examination. */
  #examinations: Sendable<ExaminationReport>[] = [];
  /** Only the newest is of use. */
  #owesUsage: Sendable<UsageReport> | null = null;
  #appliedRevision = 0;
  #saidRevision = 0;
  #heartbeatPeriodMs = HEARTBEAT_DEFAULT_MS;
  /** Rings when the next heartbeat is due, or when the period has changed, which begins with one. */
  readonly #beatBell = new Bell();
  #heardAtMs: InstantMs;
  #registerAtMs: InstantMs;
  #reportAtMs: InstantMs = 0;
  #repeatsReport = false;

  constructor(options: AgentSessionOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.now();
    this.#registerAtMs = this.#heardAtMs;
  }

  /**
   * Lives until the stream ends or breaks, the leader falls silent, or the signal aborts. Resolves when the leader
   * ended it.
   */
  async run(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const loops = [this.#read(both), this.#write(both), this.#beat(both)];
    for (const loop of loops) loop.catch(() => {});
    try {
      await Promise.race(loops);
    } finally {
      over.abort(new SwarmError("cancelled", "the session is over"));
    }
  }

  onApplied(revision: number): void {
    this.#appliedRevision = Math.max(this.#appliedRevision, revision);
    this.#bell.ring();
  }

  /** The status queue has something to send. */
  onStatuses(): void {
    this.#bell.ring();
  }

  /** Gossip has news. */
  onGossip(): void {
    this.#owesGossip = true;
    this.#bell.ring();
  }

  onDescription(description: NodeDescription): void {
    this.#owesDescription = description;
    this.#bell.ring();
  }

  /** What an examination has shown, or that it has begun. */
  onExamined(report: Sendable<ExaminationReport>): void {
    this.#examinations = [...this.#examinations, report].slice(-EXAMINATIONS_MAX);
    this.#bell.ring();
  }

  /** What tasks use, as the leader asked. */
  onUsage(report: Sendable<UsageReport>): void {
    this.#owesUsage = report;
    this.#bell.ring();
  }

  /** Announces that the node leaves; the leader ends the stream when that is committed. */
  leave(): void {
    this.#owesLeave = true;
    this.#bell.ring();
  }

  async #read(signal: AbortSignal): Promise<void> {
    for await (const message of this.#options.stream.messages) {
      signal.throwIfAborted();
      this.#heardAtMs = this.#options.clock.now();
      this.#onMessage(message);
    }
  }

  #onMessage(message: ManagerMessage): void {
    const { listener, statuses } = this.#options;
    if (message.registered) {
      this.#beatEvery(message.registered.heartbeatPeriodMs);
      this.#options.onContact(this.#registerAtMs);
      listener.onRegistered();
    } else if (message.cluster) {
      if (message.cluster.heartbeatPeriodMs > 0) this.#beatEvery(message.cluster.heartbeatPeriodMs);
      listener.onClusterView(message.cluster);
    } else if (message.assignments) listener.onAssignments(message.assignments);
    else if (message.logSubscription) listener.onLogSubscription(message.logSubscription);
    else if (message.examination) listener.onExamination(message.examination);
    else if (message.usageRequest) listener.onUsageRequest(message.usageRequest);
    else if (message.openCall) listener.onOpenCall(message.openCall);
    else if (message.heartbeat) this.#onAnswer(message.heartbeat.number);
    else if (message.statusAccepted) {
      statuses.onAccepted(message.statusAccepted.number);
      this.#bell.ring();
    }
  }

  #onAnswer(number: number): void {
    // A leader of an earlier release does not say which one it answers: the oldest, at worst.
    const sentAtMs = this.#sentBeats.get(number) ?? this.#sentBeats.values().next().value;
    for (const sent of this.#sentBeats.keys()) if (sent <= number || number === 0) this.#sentBeats.delete(sent);
    if (sentAtMs !== undefined) this.#options.onContact(sentAtMs);
  }

  #beatEvery(periodMs: number): void {
    const before = this.#heartbeatPeriodMs;
    this.#heartbeatPeriodMs = Math.max(1, periodMs);
    if (this.#heartbeatPeriodMs !== before) this.#beatBell.ring();
  }

  async #write(signal: AbortSignal): Promise<void> {
    for (;;) {
      const message = this.#takeNext();
      if (message === null) await this.#bell.next(signal);
      else await this.#options.stream.send(message);
    }
  }

  #takeNext(): Outgoing | null {
    if (this.#owesRegister) {
      this.#owesRegister = false;
      this.#registerAtMs = this.#options.clock.now();
      return { register: { description: this.#options.description } };
    }
    if (this.#owesHeartbeat) {
      this.#owesHeartbeat = false;
      const number = ++this.#beats;
      this.#sentBeats.set(number, this.#options.clock.now());
      this.#sentBeats.delete(number - BEATS_UNANSWERED_MAX);
      return { heartbeat: { number } };
    }
    const examination = this.#examinations.shift();
    if (examination !== undefined) return { examination };
    const gone = this.#owesGossip ? this.#options.gossip() : null;
    this.#owesGossip = false;
    if (gone !== null) return { gossip: { gone } };
    if (this.#appliedRevision > this.#saidRevision) {
      this.#saidRevision = this.#appliedRevision;
      return { applied: { revision: this.#saidRevision } };
    }
    if (this.#owesDescription !== null) {
      const description = this.#owesDescription;
      this.#owesDescription = null;
      return { description };
    }
    return this.#takeReport() ?? this.#takeUsage() ?? this.#takeLeave();
  }

  #takeReport(): Outgoing | null {
    const { statuses, clock } = this.#options;
    const repeated = this.#repeatsReport ? statuses.underWay : null;
    this.#repeatsReport = false;
    const status = repeated ?? statuses.take();
    if (status === null) return null;
    this.#reportAtMs = clock.now();
    return { status };
  }

  #takeUsage(): Outgoing | null {
    const usage = this.#owesUsage;
    this.#owesUsage = null;
    return usage === null ? null : { usage };
  }

  #takeLeave(): Outgoing | null {
    if (!this.#owesLeave) return null;
    this.#owesLeave = false;
    return { leave: {} };
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock, statuses } = this.#options;
    for (;;) {
      const periodMs = this.#heartbeatPeriodMs;
      const dueMs = clock.now() + periodMs;
      using _timer = clock.schedule(periodMs, "agent: heartbeat", () => this.#beatBell.ring());
      // Not by a signal of its own: the session's would keep a note of each until garbage is collected.
      await this.#beatBell.next(signal);
      const nowMs = clock.now();
      if (nowMs - dueMs > OWN_STALL_MS) this.#heardAtMs = nowMs;
      const silentMs = Math.max(LEADER_SILENT_MS_MIN, LEADER_SILENT_BEATS * periodMs);
      if (nowMs - this.#heardAtMs >= silentMs) {
        throw new SwarmError("unavailable", `the leader has said nothing for ${silentMs / 1000} s`);
      }
      this.#owesHeartbeat = true;
      this.#repeatsReport = statuses.underWay !== null && nowMs - this.#reportAtMs >= REPORT_REPEAT_MS;
      this.#bell.ring();
    }
  }
}
