import { messageOf, SwarmError } from "../../shared/errors.ts";
import { createId, type NodeId, type SessionId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { NodeDescription } from "../../shared/objects/types.ts";
import type { WorkerMessage__Output } from "../../shared/rpc/gen/swarm/v1/WorkerMessage.ts";
import type { CallContext } from "../../shared/rpc/server.ts";
import { AssignmentSource, type Concerned } from "./assignment-source.ts";
import { type CallingNode, isLoopback, takeCallingNode } from "./caller.ts";
import type { DispatcherOptions } from "./dispatcher-options.ts";
import { describeNode, leaveNode, registerNode } from "./registration.ts";
import { type Outgoing, Session } from "./session.ts";
import { SessionTable } from "./session-table.ts";
import { StatusIntake } from "./status-intake.ts";

/** A stream that does not begin with `register` in this time is closed. */
export const REGISTER_MS_MAX = 5_000;
/** Status reports of one session that are not yet committed; further ones are not read before. */
export const REPORTS_IN_FLIGHT_MAX = 16;
/** Most statuses in one report; the worker's reporter keeps to it. */
export const REPORT_UPDATES_MAX = 1000;

/** Most hosts in one gossip report; the worker's membership keeps to it. */
export const REPORT_GONE_MAX = 10_000;
/** A node that is DOWN in the store and has been silent so long is not one that is just registering again. */
export const DEAD_SESSION_SILENT_MS = 1_000;

type Receive = AsyncIterator<WorkerMessage__Output>;

/** The sessions of one leadership. */
export class Leadership {
  readonly sessions: SessionTable;
  readonly #options: DispatcherOptions;
  readonly #source: AssignmentSource;
  readonly #intake: StatusIntake;
  readonly #onGossipReport: () => void;
  #ended: SwarmError | null = null;

  constructor(options: DispatcherOptions, onGossipReport: () => void) {
    this.#options = options;
    this.#onGossipReport = onGossipReport;
    this.sessions = new SessionTable(options.clock);
    this.#intake = new StatusIntake(options.store, options.clock, options.log);
    this.#source = new AssignmentSource(options, (concerned) => this.#tell(concerned));
  }

  end(reason: SwarmError): void {
    this.#ended = reason;
    this.#source[Symbol.dispose]();
    for (const session of this.sessions.all()) session.end(reason);
  }

  /** Serves one worker's stream until either side ends it. @throws SwarmError with the reason. */
  async serve(
    messages: AsyncIterable<WorkerMessage__Output>,
    context: CallContext,
    send: (message: Outgoing) => Promise<void>,
  ): Promise<void> {
    const caller = takeCallingNode(this.#options.store.view(), context);
    const incoming = messages[Symbol.asyncIterator]();
    const description = await this.#receiveRegister(incoming);
    if (this.#ended !== null) throw this.#ended;
    const session = this.#open(caller.nodeId);
    try {
      await this.#register(caller, description);
      await this.#converse(session, incoming, send, context.signal);
    } finally {
      this.sessions.remove(session);
      session.end(new SwarmError("cancelled", "the session is over"));
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

  async #register(caller: CallingNode, description: NodeDescription): Promise<void> {
    // A manager's own worker may come through loopback, an address that means another host to the next leader.
    const isUseful = !isLoopback(caller.address) || description.dataPathAddress === "";
    const address = isUseful ? caller.address : description.dataPathAddress;
    await this.#options.store.update("register node", (tx) =>
      registerNode(tx, caller.nodeId, description, address, this.#options.clock.wallNow()),
    );
    this.#options.log.info("node in session", { nodeId: caller.nodeId, address });
  }

  async #converse(
    session: Session,
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
    const reading = this.#read(session, incoming);
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
  async #read(session: Session, incoming: Receive): Promise<void> {
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
      await this.#onMessage(session, value);
    }
  }

  async #onMessage(session: Session, value: WorkerMessage__Output): Promise<void> {
    switch (value.message) {
      case "heartbeat":
        session.onHeartbeat();
        return;
      case "applied":
        session.onApplied(value.applied?.revision ?? 0);
        return;
      case "description":
        await this.#onDescription(session, value);
        return;
      case "register":
        throw new SwarmError("invalidArgument", "a session registers once");
      case "gossip":
        onGossip(session, value);
        this.#onGossipReport();
        return;
      case "status":
      case "leave":
      case undefined:
        // The first two have been dealt with; a kind of a newer version is no reason to lose the session.
        return;
      default:
        unreachable(value.message);
    }
  }

  async #onStatus(session: Session, { status: report }: WorkerMessage__Output): Promise<void> {
    if (report === null || report === undefined) return;
    if (report.updates.length > REPORT_UPDATES_MAX) {
      session.end(new SwarmError("invalidArgument", `a report may carry at most ${REPORT_UPDATES_MAX} statuses`));
      return;
    }
    try {
      await this.#intake.add(session.nodeId, report.updates);
      session.acceptStatus(report.number);
    } catch (error) {
      // The worker repeats what was not accepted, here or to the next leader.
      this.#options.log.warn("task statuses not stored", { nodeId: session.nodeId, error: messageOf(error) });
    }
  }

  async #onDescription(session: Session, { description }: WorkerMessage__Output): Promise<void> {
    if (description === null || description === undefined) return;
    await this.#options.store.update("describe node", (tx) => describeNode(tx, session.nodeId, description));
  }

  // Its session is forgotten first, so that liveness does not call the node ready once more.
  async #onLeave(session: Session): Promise<void> {
    this.sessions.remove(session);
    await this.#options.store.update("node leaves", (tx) =>
      leaveNode(tx, session.nodeId, this.#options.clock.wallNow()),
    );
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
    for (const session of this.sessions.all()) {
      const isItself = concerned.nodes.has(session.nodeId);
      const clusterView = concerned.clusterView || isItself;
      const assignments = concerned.tables || isItself;
      if (clusterView || assignments) session.lookAgain({ clusterView, assignments });
    }
    for (const nodeId of concerned.nodes) {
      const node = this.#options.store.view().get("node", nodeId);
      if (node === undefined) this.sessions.forget(nodeId);
      else if (node.status.state === "DOWN") this.#endDeadSession(nodeId);
    }
  }

  // A host without power closes no connection: its stream would stay open, and take log subscriptions, for minutes.
  #endDeadSession(nodeId: NodeId): void {
    const trace = this.sessions.trace(nodeId);
    if (trace === null || this.#options.clock.now() - trace.heardAtMs < DEAD_SESSION_SILENT_MS) return;
    this.sessions.get(nodeId)?.end(new SwarmError("aborted", `node ${nodeId} is down`));
  }
}

function onGossip(session: Session, { gossip }: WorkerMessage__Output): void {
  if (gossip === null || gossip === undefined) return;
  if (gossip.gone.length > REPORT_GONE_MAX) {
    session.end(new SwarmError("invalidArgument", `a gossip report may name at most ${REPORT_GONE_MAX} hosts`));
    return;
  }
  session.gossip = new Map(gossip.gone.map(({ nodeId, unanswered }) => [nodeId, unanswered]));
}
