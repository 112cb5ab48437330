import { Bell } from "../../shared/bell.ts";
import { SwarmError } from "../../shared/errors.ts";
import { invariant } from "../../shared/invariant.ts";
import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import type { Assignments, ClusterView, LogSubscription, ManagerMessage } from "../../shared/rpc/gen/dispatcher.ts";
import type { NodeDescription } from "../../shared/rpc/gen/objects.ts";
import type { GoneHost } from "../ports/host-membership.ts";
import type { Outgoing, SessionStream } from "./session-transport.ts";
import type { StatusQueue } from "./status-queue.ts";

/** A leader that has been silent for this long is gone: it answers every heartbeat, and four answers are missing. */
export const LEADER_SILENT_MS = 2_000;
/** Interval of heartbeats until the leader has said how often it wants them. */
export const HEARTBEAT_DEFAULT_MS = 500;
/** A heartbeat this late is our own fault; the leader's answers may be waiting unread. */
export const OWN_STALL_MS = 500;
/** A report without an answer is sent again after this time. */
export const REPORT_REPEAT_MS = 2_000;

invariant(LEADER_SILENT_MS >= 3 * HEARTBEAT_DEFAULT_MS, "one lost heartbeat does not end a session");

/** What a session passes on. Called in order of arrival; `onAssignments` may throw to end the session. */
export interface SessionListener {
  onRegistered(): void;
  onClusterView(view: ClusterView): void;
  onAssignments(assignments: Assignments): void;
  onLogSubscription(subscription: LogSubscription): void;
}

export interface AgentSessionOptions {
  readonly clock: Clock;
  readonly stream: SessionStream;
  readonly statuses: StatusQueue;
  readonly description: NodeDescription;
  /** What the leader should know about gossip now; null = this host does not gossip. */
  readonly gossip: () => readonly GoneHost[] | null;
  readonly listener: SessionListener;
}

/** The worker's end of one stream: keeps it alive, sends what is due when the stream can take it. */
export class AgentSession {
  readonly #options: AgentSessionOptions;
  readonly #bell = new Bell();
  #owesRegister = true;
  #owesHeartbeat = false;
  #owesGossip = true;
  #owesDescription: NodeDescription | null = null;
  #owesLeave = false;
  #appliedRevision = 0;
  #saidRevision = 0;
  #heartbeatPeriodMs = HEARTBEAT_DEFAULT_MS;
  #heardAtMs: InstantMs;
  #reportAtMs: InstantMs = 0;
  #repeatsReport = false;

  constructor(options: AgentSessionOptions) {
    this.#options = options;
    this.#heardAtMs = options.clock.now();
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
      this.#heartbeatPeriodMs = Math.max(1, message.registered.heartbeatPeriodMs);
      listener.onRegistered();
    } else if (message.cluster) listener.onClusterView(message.cluster);
    else if (message.assignments) listener.onAssignments(message.assignments);
    else if (message.logSubscription) listener.onLogSubscription(message.logSubscription);
    else if (message.statusAccepted) {
      statuses.onAccepted(message.statusAccepted.number);
      this.#bell.ring();
    }
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
      return { register: { description: this.#options.description } };
    }
    if (this.#owesHeartbeat) {
      this.#owesHeartbeat = false;
      return { heartbeat: {} };
    }
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
    return this.#takeReport() ?? this.#takeLeave();
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

  #takeLeave(): Outgoing | null {
    if (!this.#owesLeave) return null;
    this.#owesLeave = false;
    return { leave: {} };
  }

  async #beat(signal: AbortSignal): Promise<void> {
    const { clock, statuses } = this.#options;
    for (;;) {
      const dueMs = clock.now() + this.#heartbeatPeriodMs;
      await sleep(clock, this.#heartbeatPeriodMs, "agent: heartbeat", signal);
      const nowMs = clock.now();
      if (nowMs - dueMs > OWN_STALL_MS) this.#heardAtMs = nowMs;
      if (nowMs - this.#heardAtMs >= LEADER_SILENT_MS) {
        throw new SwarmError("unavailable", `the leader has said nothing for ${LEADER_SILENT_MS / 1000} s`);
      }
      this.#owesHeartbeat = true;
      this.#repeatsReport = statuses.underWay !== null && nowMs - this.#reportAtMs >= REPORT_REPEAT_MS;
      this.#bell.ring();
    }
  }
}
