import { SwarmError } from "../../shared/errors.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { Session } from "./session.ts";

/** What the sessions tell about one node; instants by the leader's monotonic clock. */
export interface SessionTrace {
  readonly isOpen: boolean;
  /** Its worker has reported of gossip in this session; false after it. */
  readonly gossips: boolean;
  /** When anything last came from it. */
  readonly heardAtMs: InstantMs;
  /** When its stream broke or was closed; null while one is open. */
  readonly closedAtMs: InstantMs | null;
}

/** The sessions of one leadership: at most one for each node, and what was last heard of those that have ended. */
export class SessionTable {
  readonly #clock: Clock;
  readonly #sessions = new Map<NodeId, Session>();
  readonly #traces = new Map<NodeId, { heardAtMs: InstantMs; closedAtMs: InstantMs | null }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(nodeId: NodeId): Session | undefined {
    return this.#sessions.get(nodeId);
  }

  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** null = the node never opened a session with this leader. */
  trace(nodeId: NodeId): SessionTrace | null {
    const trace = this.#traces.get(nodeId);
    if (trace === undefined) return null;
    const session = this.#sessions.get(nodeId);
    return { ...trace, isOpen: session !== undefined, gossips: (session?.gossip ?? null) !== null };
  }

  /** Takes the session over; an older one of the same node ends. */
  add(session: Session): void {
    const older = this.#sessions.get(session.nodeId);
    this.#sessions.set(session.nodeId, session);
    this.#traces.set(session.nodeId, { heardAtMs: this.#clock.now(), closedAtMs: null });
    older?.end(new SwarmError("aborted", `node ${session.nodeId} opened a newer session`));
  }

  onHeard(session: Session): void {
    const trace = this.#traces.get(session.nodeId);
    if (trace !== undefined && this.#sessions.get(session.nodeId) === session) trace.heardAtMs = this.#clock.now();
  }

  /** Forgets the session, unless a newer one took its place. */
  remove(session: Session): void {
    if (this.#sessions.get(session.nodeId) !== session) return;
    this.#sessions.delete(session.nodeId);
    const trace = this.#traces.get(session.nodeId);
    if (trace !== undefined) trace.closedAtMs = this.#clock.now();
  }

  /** The node is no longer part of the cluster. */
  forget(nodeId: NodeId): void {
    if (!this.#sessions.has(nodeId)) this.#traces.delete(nodeId);
  }
}
