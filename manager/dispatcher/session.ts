import { Bell } from "../../shared/bell.ts";
import { SwarmError } from "../../shared/errors.ts";
import type { NodeId, SessionId, TaskId } from "../../shared/ids.ts";
import { HOST_LIMITS } from "../../shared/objects/limits.ts";
import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import { EncodedMessage } from "../../shared/rpc/encoded-message.ts";
import type { ClusterView, LogSubscription, OpenCall } from "../../shared/rpc/gen/dispatcher.ts";
import type { Examination } from "../../shared/rpc/gen/doctor.ts";
import { nodeRemovedError } from "../../shared/rpc/node-removed.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { type TaskUse, USE_LOOK_MS } from "../tasks/task-use.ts";
import { type AssignmentChange, diffAssignments, fullAssignments } from "./assignment-diff.ts";
import { assignmentsMessage, type Outgoing, type RevisionPart, revisionParts } from "./assignment-message.ts";
import { isSameClusterView } from "./cluster-view.ts";
import { SentTables } from "./sent-tables.ts";
import type { TableFeed } from "./table-feed.ts";
import { type AssignmentSet, EMPTY_SET } from "./wanted-assignments.ts";

/** Small messages (acceptances, log subscriptions) waiting for a worker; one that falls further behind is cut off. */
export const SESSION_QUEUE_MAX = 256;
/** A worker that takes nothing for so long is stuck; a new session with a full set is cheaper than to wait on. */
export const SEND_STALL_MS = 10_000;
/** After one so long, half a millisecond's work, the event loop is given to others. */
export const LONG_MESSAGE_BYTES = 64 * 1024;

const NO_CHANGE: AssignmentChange = { put: [], removedIds: [] };

/** Where a session gets what its worker should know, at the moment it can send it. */
export interface SessionSource {
  /** null = the node is no longer part of the cluster. */
  clusterView(nodeId: NodeId): ClusterView | null;
  wanted(nodeId: NodeId): AssignmentSet;
  /** Tables of the networks it takes part in; null = not known yet: the session will be told to look again. */
  tables(nodeId: NodeId): readonly TableFeed[] | null;
  /** The node was removed, and is not to hear of it yet. */
  isHeld(nodeId: NodeId): boolean;
}

/** What may differ from what was sent. */
export interface Owed {
  readonly clusterView: boolean;
  /** Tasks and what they need. */
  readonly assignments: boolean;
  readonly tables: boolean;
}

export interface SessionOptions {
  readonly id: SessionId;
  readonly nodeId: NodeId;
  readonly heartbeatPeriodMs: number;
  readonly source: SessionSource;
  readonly clock: Clock;
}

/**
 * The leader's end of one worker's stream. It keeps no queue of assignments: when the stream can take more, it compares
 * what the worker has with what is wanted *then*. So a slow worker gets fewer, larger deltas, and memory stays bounded.
 */
export class Session {
  readonly id: SessionId;
  readonly nodeId: NodeId;
  /** Up to here the worker's tasks and kernel tables match; moved by the worker. Invariant: <= sentRevision. */
  appliedRevision = 0;
  /**
   * Hosts its gossip has lost, and whether they leave its connection attempts unanswered; null = it does not gossip.
   */
  gossip: ReadonlyMap<string, boolean> | null = null;
  /** What its tasks use, of those it was asked about, and when it said so; null = it has said nothing yet. */
  usage: { readonly atMs: InstantMs; readonly tasks: ReadonlyMap<TaskId, TaskUse> } | null = null;
  /** The last revision that was sent; 0 = not even the full set. */
  sentRevision = 0;
  /** How far it has come with tables. */
  readonly tables = new SentTables();

  readonly #options: SessionOptions;
  readonly #bell = new Bell();
  readonly #controller = new AbortController();
  readonly #queue: Outgoing[] = [];
  /** Tasks whose use is wanted. */
  #measured: ReadonlySet<TaskId> = new Set();
  #owesHeartbeat = false;
  #heartbeatNumber = 0;
  #owesClusterView = true;
  #owesAssignments = true;
  #owesTables = true;
  #sentView: ClusterView | null = null;
  #sentSet: AssignmentSet = EMPTY_SET;
  /** The rest of a revision that is too large for one message. */
  #parts: readonly RevisionPart[] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.id = options.id;
    this.nodeId = options.nodeId;
    this.#queue.push({ registered: { sessionId: options.id, heartbeatPeriodMs: options.heartbeatPeriodMs } });
  }

  /** Aborts, with the reason as a SwarmError, when the session is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(reason: SwarmError): void {
    this.#controller.abort(reason);
  }

  /** Compares again when the stream can take more. */
  lookAgain(what: Owed): void {
    this.#owesClusterView ||= what.clusterView;
    this.#owesAssignments ||= what.assignments;
    this.#owesTables ||= what.tables;
    this.#bell.ring();
  }

  /** @param number of the worker's count; the answer has that of the newest. */
  onHeartbeat(number: number): void {
    this.#heartbeatNumber = number;
    this.#owesHeartbeat = true;
    this.#bell.ring();
  }

  onApplied(revision: number): void {
    if (revision > this.sentRevision)
      this.end(new SwarmError("invalidArgument", `revision ${revision} was never sent`));
    else this.appliedRevision = Math.max(this.appliedRevision, revision);
    this.tables.onApplied(this.appliedRevision);
  }

  acceptStatus(number: number): void {
    this.#enqueue({ statusAccepted: { number } });
  }

  subscribeLogs(logSubscription: Sendable<LogSubscription>): void {
    this.#enqueue({ logSubscription });
  }

  openCall(openCall: Sendable<OpenCall>): void {
    this.#enqueue({ openCall });
  }

  /** Asks for the use of these tasks and no others, unless that is what was asked last. */
  measure(taskIds: readonly TaskId[]): void {
    const wanted = taskIds.slice(0, HOST_LIMITS.usages.max);
    if (wanted.length === this.#measured.size && wanted.every((id) => this.#measured.has(id))) return;
    this.#measured = new Set(wanted);
    this.#enqueue({ usageRequest: { taskIds: wanted, periodMs: USE_LOOK_MS } });
  }

  /** A worker speaks for the tasks that it was asked about, and for no others. */
  onUsage(said: ReadonlyMap<TaskId, TaskUse>): void {
    const tasks = new Map([...said].filter(([id]) => this.#measured.has(id)));
    this.usage = { atMs: this.#options.clock.now(), tasks };
  }

  examine(examination: Sendable<Examination>): void {
    this.#enqueue({ examination });
  }

  /** Sends what is owed until the session ends. @throws SwarmError with the reason. */
  async write(send: (message: Outgoing) => Promise<void>): Promise<void> {
    for (;;) {
      const message = this.#takeNext();
      if (message === null) await this.#bell.next(this.signal);
      else await this.#sendInTime(message, send);
    }
  }

  #enqueue(message: Outgoing): void {
    if (this.#queue.length >= SESSION_QUEUE_MAX) {
      this.end(
        new SwarmError("resourceExhausted", `the worker is not taking its messages (${SESSION_QUEUE_MAX} are waiting)`),
      );
      return;
    }
    this.#queue.push(message);
    this.#bell.ring();
  }

  #takeNext(): Outgoing | null {
    const queued = this.#queue.shift();
    if (queued !== undefined) return queued;
    if (this.#owesHeartbeat) {
      this.#owesHeartbeat = false;
      return { heartbeat: { number: this.#heartbeatNumber } };
    }
    if (this.#options.source.isHeld(this.nodeId)) return null;
    return this.#takeClusterView() ?? this.#takeAssignments();
  }

  #takeClusterView(): Outgoing | null {
    if (!this.#owesClusterView) return null;
    this.#owesClusterView = false;
    const cluster = this.#options.source.clusterView(this.nodeId);
    if (cluster === null) throw nodeRemovedError(this.nodeId);
    if (this.#sentView !== null && isSameClusterView(this.#sentView, cluster)) return null;
    this.#sentView = cluster;
    return { cluster };
  }

  #takeAssignments(): Outgoing | null {
    if (this.#parts.length === 0) this.#compare();
    const [part, ...rest] = this.#parts;
    if (part === undefined) return null;
    this.#parts = rest;
    const kind = this.sentRevision === 1 ? "FULL" : "DELTA";
    return assignmentsMessage({ kind, revision: this.sentRevision, more: rest.length > 0 }, part);
  }

  #compare(): void {
    if (!this.#owesAssignments && !this.#owesTables) return;
    const { source } = this.#options;
    const feeds = source.tables(this.nodeId);
    if (feeds === null) return;
    const own = this.#owesAssignments ? this.#compareOwn(source.wanted(this.nodeId)) : null;
    this.#owesAssignments = false;
    this.#owesTables = false;
    const tables = this.tables.next(feeds);
    if (own === null && tables === null) return;
    this.sentRevision++;
    this.tables.onSent(this.sentRevision);
    this.#parts = revisionParts(own ?? NO_CHANGE, tables);
  }

  #compareOwn(wanted: AssignmentSet): AssignmentChange | null {
    const change = this.sentRevision === 0 ? fullAssignments(wanted) : diffAssignments(this.#sentSet, wanted);
    this.#sentSet = wanted;
    return change;
  }

  async #sendInTime(message: Outgoing, send: (message: Outgoing) => Promise<void>): Promise<void> {
    using _stall = this.#options.clock.schedule(SEND_STALL_MS, "dispatcher: send stalls", () =>
      this.end(new SwarmError("resourceExhausted", `the worker took no message for ${SEND_STALL_MS / 1000} s`)),
    );
    await send(message);
    // A part of a large table has taken a while to encode, and there may be many sessions to take one.
    if (message instanceof EncodedMessage && message.bytes.length > LONG_MESSAGE_BYTES) {
      await sleep(this.#options.clock, 0, "dispatcher: let others go on", this.signal);
    }
  }
}
