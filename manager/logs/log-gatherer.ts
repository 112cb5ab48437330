import { messageOf, SwarmError } from "../../shared/errors.ts";
import { createId, type NodeId, type SessionId } from "../../shared/ids.ts";
import { LOG_POSITIONS_MAX } from "../../shared/log-cursor.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { LogSubscription, PublishLogsRequest, PublishLogsResponse } from "../../shared/rpc/gen/dispatcher.ts";
import type { SubscribeLogsRequest } from "../../shared/rpc/gen/logs.ts";
import {
  type Caller,
  type ClientStreamHandler,
  clientStream,
  type ServerStreamHandler,
  serverStream,
} from "../../shared/rpc/handler.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Scope } from "../../shared/scope.ts";
import type { ReadView, Store } from "../store/store-types.ts";
import { type Answer, LogReading, type Publication, RESUBSCRIBE_MS } from "./log-reading.ts";
import { complaintOfNoLog, isThere, type LogSubject, logTargets, resolveLogSubject } from "./log-targets.ts";

/** Concurrent readers; each may hold some megabytes of lines. */
export const LOG_READINGS_MAX = 100;
/** All lines, when the reader gives no tail. */
const TAIL_ALL = -1;

export interface LogGathererOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly leaderAddress: () => string | null;
  /** From the dispatcher: passes a request to the node's session; false = it has none. */
  readonly subscribeLogs: (nodeId: NodeId, subscription: Sendable<LogSubscription>) => boolean;
}

/** Gathers logs from the workers for people. Made once for a manager; works while `lead`'s scope lives. */
export interface LogGatherer {
  /** Handler of Logs.Subscribe. */
  readonly subscribe: ServerStreamHandler<SubscribeLogsRequest, Answer>;
  /** Handler of Dispatcher.PublishLogs. */
  readonly publishLogs: ClientStreamHandler<PublishLogsRequest, Sendable<PublishLogsResponse>>;
  lead(scope: Scope): void;
}

export function createLogGatherer(options: LogGathererOptions): LogGatherer {
  let signal: AbortSignal | null = null;
  const readings = new Set<LogReading>();
  return {
    lead(scope) {
      signal = scope.signal;
      scope.defer(() => {
        if (signal === scope.signal) signal = null;
      });
    },
    subscribe: serverStream(async (request, context, send) => {
      if (signal === null) throw new NotLeaderError(options.leaderAddress());
      if (readings.size >= LOG_READINGS_MAX) {
        throw new SwarmError(
          "resourceExhausted",
          `${LOG_READINGS_MAX} readers are following logs already: stop some of them`,
        );
      }
      const subject = resolveLogSubject(options.store.view(), request.ref);
      const logOptions = request.options ?? { follow: false, tail: TAIL_ALL, sinceMs: 0, untilMs: 0 };
      if (request.resume.length > LOG_POSITIONS_MAX) {
        throw new SwarmError("invalidArgument", `a reading may resume at most ${LOG_POSITIONS_MAX} logs`);
      }
      using reading = new LogReading({
        options: logOptions,
        resume: request.resume,
        clock: options.clock,
        createPublicationId: () => createId<SessionId>(options.random),
        subscribe: options.subscribeLogs,
      });
      readings.add(reading);
      using _forget = { [Symbol.dispose]: () => void readings.delete(reading) };
      const ended = AbortSignal.any([context.signal, signal]);
      const maybeCover = (): boolean => {
        const view = options.store.view();
        const targets = logTargets(view, subject);
        reading.cover(targets);
        const complaint = complaintOfNoLog(view, subject);
        if (complaint !== null) reading.say(complaint);
        return targets.length > 0 || isThere(view, subject);
      };
      refuseIfSilent(options.store.view(), subject);
      maybeCover();
      if (logOptions.follow)
        await Promise.race([reading.run(send, ended), coverWhileThere(maybeCover, options.clock, ended)]);
      else await reading.run(send, ended);
    }),
    publishLogs: clientStream(async (messages, context) => {
      if (signal === null) throw new NotLeaderError(options.leaderAddress());
      await receive(readings, messages, context.caller);
      return {};
    }),
  };
}

/** Rather than returning nothing without a message. */
function refuseIfSilent(view: ReadView, subject: LogSubject): void {
  const complaint = complaintOfNoLog(view, subject);
  if (complaint !== null && logTargets(view, subject).length === 0) {
    throw new SwarmError("failedPrecondition", complaint);
  }
}

/**
 * Looks from time to time for new tasks of the service and hosts whose logs broke off; ends with the last of them.
 */
async function coverWhileThere(maybeCover: () => boolean, clock: Clock, signal: AbortSignal): Promise<void> {
  do await sleep(clock, RESUBSCRIBE_MS, "logs: look for new tasks", signal);
  while (maybeCover());
}

async function receive(
  readings: ReadonlySet<LogReading>,
  messages: AsyncIterable<PublishLogsRequest>,
  caller: Caller,
): Promise<void> {
  if (caller.kind !== "node") throw new SwarmError("permissionDenied", "only a node of the swarm may publish logs");
  const nodeId = caller.nodeId as NodeId;
  let opened: ReturnType<typeof open> | null = null;
  let reason = "its node's answer broke off";
  try {
    for await (const message of messages) {
      opened ??= open(readings, message.subscriptionId, nodeId);
      const { reading, publication } = opened;
      await reading.push(publication, message);
      // The reader is gone, or has given up this host.
      if (!readings.has(reading) || publication.state !== "open") return;
    }
    opened?.reading.close(opened.publication, "ended");
  } catch (error) {
    reason = `its node's answer broke off: ${messageOf(error)}`;
    throw error;
  } finally {
    opened?.reading.close(opened.publication, "broken", reason);
  }
}

// The id is 129 random bits and was sent to this node only; the node id is compared all the same.
function open(
  readings: ReadonlySet<LogReading>,
  id: string,
  nodeId: NodeId,
): { readonly reading: LogReading; readonly publication: Publication } {
  for (const reading of readings) {
    const publication = reading.open(id, nodeId);
    if (publication !== null) return { reading, publication };
  }
  throw new SwarmError("notFound", `nobody reads log subscription ${id} any more`);
}
