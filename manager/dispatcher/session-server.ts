import { isRetryable, messageOf, SwarmError } from "../../shared/errors.ts";
import { createId, type NodeId, type SessionId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import { levelOfFailure } from "../../shared/log.ts";
import type { WorkerMessage } from "../../shared/rpc/gen/dispatcher.ts";
import type { ExaminationReport } from "../../shared/rpc/gen/doctor.ts";
import type { NodeDescription } from "../../shared/rpc/gen/objects.ts";
import type { CallContext } from "../../shared/rpc/handler.ts";
import type { Outgoing } from "./assignment-message.ts";
import { AssignmentSource, type Concerned } from "./assignment-source.ts";
import { type CallingNode, isLoopback, takeCallingNode } from "./caller.ts";
import type { DispatcherOptions } from "./dispatcher-options.ts";
import { takeExamined } from "./examination-words.ts";
import { Pace } from "./pace.ts";
import { checkClaim, describeNode, leaveNode, noteRefusal, type Presentation, registerNode } from "./registration.ts";
import { type Owed, Session } from "./session.ts";
import { SessionTable } from "./session-table.ts";
import { StatusIntake } from "./status-intake.ts";
import type { TableFeed } from "./table-feed.ts";
import { takeUsage } from "./usage-words.ts";
import { WakeQueue } from "./wake-queue.ts";
import { takeDescription, takeGossip, takeReport } from "./worker-words.ts";

/** A stream that does not begin with `register` in this time is closed. */
export const REGISTER_MS_MAX = 5_000;
/** Status reports of one session that are not yet committed; further ones are not read before. */
export const REPORTS_IN_FLIGHT_MAX = 16;
/** A node that is DOWN in the store and has been silent so long is not one that is just registering again. */
export const DEAD_SESSION_SILENT_MS = 1_000;

type Receive = AsyncIterator<WorkerMessage>;

/** What is passed on of what workers say, besides what is stored. */
export interface SessionEvents {
  onGossipReport(): void;
  onExamined(nodeId: NodeId, report: ExaminationReport): void;
}

interface Conversation {
  readonly session: Session;
  readonly caller: CallingNode;
}

/** Serves the workers' sessions while this manager leads; the next leadership has a new one. */
export class SessionServer {
  readonly sessions: SessionTable;
  readonly #options: DispatcherOptions;
  readonly #source: AssignmentSource;
  readonly #wakes: WakeQueue;
  readonly #intake: StatusIntake;
  readonly #events: SessionEvents;
  /** By node and not by session: a new session is no new allowance. */
  readonly #paces = new Map<NodeId, Pace>();
  /** In a row, by node. */
  readonly #refusals = new Map<NodeId, number>();
  #ended: SwarmError | null = null;

  constructor(options: DispatcherOptions, events: SessionEvents) {
    this.#options = options;
    this.#events = events;
    this.sessions = new SessionTable(options.clock);
    this.#intake = new StatusIntake(options.store, options.clock, options.log);
    this.#wakes = new WakeQueue(options.clock);
    const appliedRevision = (nodeId: NodeId, feed: TableFeed): number | null =>
      this.sessions.get(nodeId)?.tables.appliedRevision(feed) ?? null;
    this.#source = new AssignmentSource({ ...options, appliedRevision }, (concerned) => this.#tell(concerned));
  }

  end(reason: SwarmError): void {
    this.#ended = reason;
    this.#source[Symbol.dispose]();
    this.#wakes[Symbol.dispose]();
    for (const session of this.sessions.all()) session.end(reason);
  }

  /** Serves one worker's stream until either side ends it. @throws SwarmError with the reason. */
  async serve(
    messages: AsyncIterable<WorkerMessage>,
    context: CallContext,
    send: (message: Outgoing) => Promise<void>,
  ): Promise<void> {
    const caller = takeCallingNode(this.#options.store.view(), context);
    const incoming = messages[Symbol.asyncIterator]();
    const description = takeDescription(await this.#receiveRegister(incoming), caller.address);
    await this.#paceOf(caller.nodeId).take(bytesOf(description), context.signal);
    if (this.#ended !== null) throw this.#ended;
    const said = { description, callerAddress: caller.address };
    await this.#admit(caller, said);
    const session = this.#open(caller.nodeId);
    try {
      await this.#register(caller, said);
      await this.#converse({ session, caller }, incoming, send, context.signal);
    } finally {
      this.sessions.remove(session);
      session.end(new SwarmError("cancelled", "the session is over"));
      this.#source.onAcknowledged();
    }
  }

  // Before the session is known: liveness would call a node ready that has one.
  async #admit({ nodeId }: CallingNode, said: Presentation): Promise<void> {
    try {
      checkClaim(this.#options.store.view(), nodeId, said);
      this.#refusals.delete(nodeId);
    } catch (error) {
      const times = (this.#refusals.get(nodeId) ?? 0) + 1;
      this.#refusals.set(nodeId, times);
      const what = { nodeId, from: said.callerAddress, reason: messageOf(error), times };
      this.#options.log[levelOfFailure(times)]("node refused", what);
      await this.#options.store.update("node refused", (tx) => noteRefusal(tx, nodeId, messageOf(error)));
      throw error;
    }
  }

  // The session is known before the node is written READY: else liveness could judge it, in between, by its silence.
  #open(nodeId: NodeId): Session {
    const session = new Session({
      id: createId<SessionId>(this.#options.random),
      nodeId,
      heartbeatPeriodMs: this.#options.store.view().cluster().spec.heartbeatPeriodMs,
      source: this.#source,
      clock: this.#options.clock,
    });
    this.sessions.add(session);
    return session;
  }

  async #register(caller: CallingNode, said: Presentation): Promise<void> {
    const { dataPathAddress } = said.description;
    // A manager's own worker may come through loopback, an address that means another host to the next leader.
    const isUseful = !isLoopback(caller.address) || dataPathAddress === "";
    const address = isUseful ? caller.address : dataPathAddress;
    await this.#options.store.update("register node", (tx) =>
      registerNode(tx, caller.nodeId, said, address, this.#options.clock.wallNow()),
    );
    this.#options.log.info("node in session", { nodeId: caller.nodeId, address });
  }

  async #converse(
    { session, caller }: Conversation,
    incoming: Receive,
    send: (message: Outgoing) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const onGone = (): void => session.end(new SwarmError("cancelled", "the worker has gone"));
    signal.addEventListener("abort", onGone, { once: true });
    const ended = new Promise<never>((_, reject) => {
      session.signal.addEventListener("abort", () => reject(session.signal.reason), { once: true });
    });
    const writing = session.write(send);
    const reading = this.#read({ session, caller }, incoming);
    // Whichever loses the race ends by itself once the session is over; its error has then nothing to tell.
    for (const loop of [ended, writing, reading]) loop.catch(() => {});
    try {
      await Promise.race([ended, writing, reading]);
    } finally {
      signal.removeEventListener("abort", onGone);
      this.#options.log.info("session over", { nodeId: session.nodeId, reason: messageOf(session.signal.reason) });
    }
  }

  /** Ends when the worker closes its side or leaves. */
  async #read({ session, caller }: Conversation, incoming: Receive): Promise<void> {
    let reportsInFlight = 0;
    let lastReport: Promise<void> = Promise.resolve();
    for (;;) {
      const { done, value } = await incoming.next();
      if (done === true || session.signal.aborted) return;
      this.sessions.onHeard(session);
      if (value.message === "status") {
        reportsInFlight++;
        lastReport = this.#onStatus(session, value).finally(() => reportsInFlight--);
        if (reportsInFlight >= REPORTS_IN_FLIGHT_MAX) await lastReport;
        continue;
      }
      if (value.message === "leave") {
        await this.#onLeave(session);
        return;
      }
      await this.#onMessage({ session, caller }, value);
    }
  }

  async #onMessage({ session, caller }: Conversation, value: WorkerMessage): Promise<void> {
    switch (value.message) {
      case "heartbeat":
        session.onHeartbeat(value.heartbeat?.number ?? 0);
        return;
      case "applied":
        session.onApplied(value.applied?.revision ?? 0);
        this.#source.onAcknowledged();
        return;
      case "description":
        await this.#onDescription({ session, caller }, value);
        return;
      case "register":
        throw new SwarmError("invalidArgument", "a session registers once");
      case "gossip":
        if (value.gossip === null || value.gossip === undefined) return;
        session.gossip = takeGossip(value.gossip);
        this.#events.onGossipReport();
        return;
      case "examination":
        if (value.examination === null || value.examination === undefined) return;
        this.#events.onExamined(session.nodeId, takeExamined(value.examination));
        return;
      case "usage":
        if (value.usage === null || value.usage === undefined) return;
        session.onUsage(takeUsage(value.usage));
        return;
      case "status":
      case "leave":
      case undefined:
        // The first two have been dealt with; a kind of a newer version is no reason to lose the session.
        return;
      default:
        unreachable(value);
    }
  }

  async #onStatus(session: Session, { status: report }: WorkerMessage): Promise<void> {
    if (report === null || report === undefined) return;
    let taken: ReturnType<typeof takeReport>;
    try {
      taken = takeReport(report);
    } catch (error) {
      session.end(error instanceof SwarmError ? error : new SwarmError("internal", messageOf(error)));
      return;
    }
    try {
      await this.#paceOf(session.nodeId).take(taken.bytes, session.signal);
      await this.#intake.add(session.nodeId, taken.updates);
      session.acceptStatus(taken.number);
    } catch (error) {
      // The worker repeats what was not accepted, here or to the next leader.
      const level = isRetryable(error) ? "debug" : "warn";
      this.#options.log[level]("task statuses not stored", { nodeId: session.nodeId, error: messageOf(error) });
    }
  }

  async #onDescription({ session, caller }: Conversation, { description: wire }: WorkerMessage): Promise<void> {
    if (wire === null || wire === undefined) return;
    const description = takeDescription(wire, caller.address);
    await this.#paceOf(session.nodeId).take(bytesOf(description), session.signal);
    await this.#options.store.update("describe node", (tx) =>
      describeNode(tx, session.nodeId, { description, callerAddress: caller.address }),
    );
  }

  // Its session is forgotten first, so that liveness does not call the node ready once more.
  async #onLeave(session: Session): Promise<void> {
    this.sessions.remove(session);
    await this.#options.store.update("node leaves", (tx) =>
      leaveNode(tx, session.nodeId, this.#options.clock.wallNow()),
    );
    // The end of the stream is the answer: then it stops what it has.
    await this.#source.untilUnused(session.nodeId);
  }

  #paceOf(nodeId: NodeId): Pace {
    const pace = this.#paces.get(nodeId) ?? new Pace(this.#options.clock);
    this.#paces.set(nodeId, pace);
    return pace;
  }

  async #receiveRegister(incoming: Receive): Promise<NodeDescription> {
    const late = Promise.withResolvers<never>();
    using _timer = this.#options.clock.schedule(REGISTER_MS_MAX, "dispatcher: wait for register", () =>
      late.reject(new SwarmError("deadlineExceeded", `no registration within ${REGISTER_MS_MAX / 1000} s`)),
    );
    const { done, value } = await Promise.race([incoming.next(), late.promise]);
    const description = done === true ? null : (value.register?.description ?? null);
    if (description === null) throw new SwarmError("invalidArgument", "a session begins with a registration");
    return description;
  }

  #tell(concerned: Concerned): void {
    const wakes: (readonly [Session, Owed])[] = [];
    for (const session of this.sessions.all()) {
      const { nodeId } = session;
      const clusterView = concerned.clusterView || concerned.selves.has(nodeId);
      const assignments = concerned.nodes.has(nodeId);
      const tables = concerned.tables.has(nodeId);
      if (clusterView || assignments || tables) wakes.push([session, { clusterView, assignments, tables }]);
    }
    this.#wakes.add(wakes);
    for (const nodeId of concerned.selves) {
      const node = this.#options.store.view().get("node", nodeId);
      if (node === undefined) {
        this.sessions.forget(nodeId);
        this.#paces.delete(nodeId);
        this.#refusals.delete(nodeId);
      }
      if (node?.status.state === "DOWN") this.#endDeadSession(nodeId);
    }
  }

  // A host without power closes no connection: its stream would stay open, and take log subscriptions, for minutes.
  #endDeadSession(nodeId: NodeId): void {
    const trace = this.sessions.trace(nodeId);
    if (trace === null || this.#options.clock.now() - trace.heardAtMs < DEAD_SESSION_SILENT_MS) return;
    this.sessions.get(nodeId)?.end(new SwarmError("aborted", `node ${nodeId} is down`));
  }
}

/** About what a description takes in the log. */
function bytesOf(description: NodeDescription): number {
  return Buffer.byteLength(JSON.stringify(description));
}
