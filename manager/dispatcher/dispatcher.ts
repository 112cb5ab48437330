import { SwarmError } from "../../shared/errors.ts";
import type { NodeId, TaskId } from "../../shared/ids.ts";
import type { InstantMs } from "../../shared/ports/clock.ts";
import type { LogSubscription, OpenCall, WorkerMessage } from "../../shared/rpc/gen/dispatcher.ts";
import type { Examination, ExaminationReport } from "../../shared/rpc/gen/doctor.ts";
import { type BidiHandler, bidi, type RpcHandlers, unary } from "../../shared/rpc/handler.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import type { services } from "../../shared/rpc/schema.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Scope } from "../../shared/scope.ts";
import { type TaskUse, USE_STALE_MS, type UsageSource } from "../tasks/task-use.ts";
import type { Outgoing } from "./assignment-message.ts";
import type { DispatcherOptions } from "./dispatcher-options.ts";
import { GuestDesk } from "./guest-desk.ts";
import { SessionServer } from "./session-server.ts";
import type { SessionTrace } from "./session-table.ts";

/** The newest report of one worker. */
export interface GossipReport {
  readonly nodeId: NodeId;
  readonly heardAtMs: InstantMs;
  /** Hosts its gossip has lost, and whether they leave its connection attempts unanswered. */
  readonly gone: ReadonlyMap<string, boolean>;
}

interface Handlers extends Pick<RpcHandlers<typeof services.dispatcher>, "findNetwork" | "tellGuests"> {
  readonly session: BidiHandler<WorkerMessage, Outgoing>;
}

/**
 * The leader's end of all sessions. Made once for a manager; works while `lead`'s scope lives and refuses otherwise.
 */
export interface Dispatcher extends UsageSource {
  /** Handler of Dispatcher.Session. */
  readonly session: BidiHandler<WorkerMessage, Outgoing>;
  /** The same, and those of what hosts say of their guests. */
  readonly handlers: Handlers;
  /** Serves sessions until the scope ends; then all of them are ended. */
  lead(scope: Scope): void;
  /** What the node's sessions tell of it; null when it had none with this leader, or this manager does not lead. */
  trace(nodeId: NodeId): SessionTrace | null;
  /** What the workers in session report of gossip, and when each was last heard. */
  gossipReports(): readonly GossipReport[];
  /** Calls back whenever a worker reports of gossip. */
  onGossipReport(listener: () => void): Disposable;
  /** Asks a node in session for logs. Returns false when it is not in session. */
  subscribeLogs(nodeId: NodeId, subscription: Sendable<LogSubscription>): boolean;
  /** Asks a node in session to open a stream for a call. Returns false when it is not in session. */
  openCall(nodeId: NodeId, request: Sendable<OpenCall>): boolean;
  /** Asks a node in session to look at itself. Returns false when it is not in session. */
  examine(nodeId: NodeId, examination: Sendable<Examination>): boolean;
  /** Calls back with every report of an examination, whoever asked for it. */
  onExamined(listener: ExaminedListener): Disposable;
  /** The last revision the node's kernel matches, and the last that was sent to it; null when it is not in session. */
  revisions(nodeId: NodeId): { readonly applied: number; readonly sent: number } | null;
}

const NO_USE: ReadonlyMap<TaskId, TaskUse> = new Map();

export type ExaminedListener = (nodeId: NodeId, report: ExaminationReport) => void;

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  let server: SessionServer | null = null;
  const listeners = new Set<() => void>();
  const examinedListeners = new Set<ExaminedListener>();
  const leading = (): SessionServer => {
    if (server === null) throw new NotLeaderError(options.leaderAddress());
    return server;
  };
  const session = bidi<WorkerMessage, Outgoing>(async (messages, context, send) => {
    await leading().serve(messages, context, send);
  });
  return {
    session,
    handlers: { session, ...guestHandlers(new GuestDesk(options), leading) },
    lead(scope) {
      const mine = new SessionServer(options, {
        onGossipReport() {
          for (const listener of listeners) listener();
        },
        onExamined(nodeId, report) {
          for (const listener of examinedListeners) listener(nodeId, report);
        },
      });
      server = mine;
      scope.defer(() => {
        if (server === mine) server = null;
        const address = options.leaderAddress();
        const hint = address === null ? "ask the other managers" : `the leader is ${address}`;
        mine.end(new SwarmError("unavailable", `this manager no longer leads the swarm: ${hint}`));
      });
    },
    trace: (nodeId) => server?.sessions.trace(nodeId) ?? null,
    gossipReports: () =>
      [...(server?.sessions.all() ?? [])].flatMap(({ nodeId, gossip }) => {
        const trace = server?.sessions.trace(nodeId) ?? null;
        return gossip === null || trace === null ? [] : [{ nodeId, heardAtMs: trace.heardAtMs, gone: gossip }];
      }),
    onGossipReport: (listener) => subscribed(listeners, listener),
    subscribeLogs(nodeId, subscription) {
      const session = server?.sessions.get(nodeId);
      session?.subscribeLogs(subscription);
      return session !== undefined;
    },
    openCall(nodeId, request) {
      const session = server?.sessions.get(nodeId);
      session?.openCall(request);
      return session !== undefined;
    },
    measure(nodeId, taskIds) {
      server?.sessions.get(nodeId)?.measure(taskIds);
    },
    usageOf(nodeId) {
      const usage = server?.sessions.get(nodeId)?.usage ?? null;
      return usage === null || options.clock.now() - usage.atMs > USE_STALE_MS ? NO_USE : usage.tasks;
    },
    examine(nodeId, examination) {
      const session = server?.sessions.get(nodeId);
      session?.examine(examination);
      return session !== undefined;
    },
    onExamined: (listener) => subscribed(examinedListeners, listener),
    revisions(nodeId) {
      const session = server?.sessions.get(nodeId);
      return session === undefined ? null : { applied: session.appliedRevision, sent: session.sentRevision };
    },
  };
}

function subscribed<Listener>(listeners: Set<Listener>, listener: Listener): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}

function guestHandlers(desk: GuestDesk, leading: () => unknown): Omit<Handlers, "session"> {
  return {
    findNetwork: unary(async ({ ref }, context) => {
      leading();
      return { network: desk.findNetwork(ref, context) };
    }),
    tellGuests: unary(async (request, context) => {
      leading();
      return { guests: await desk.tell(request, context) };
    }),
  };
}
