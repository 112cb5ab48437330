import { isDeepStrictEqual } from "node:util";
import { backoffMs } from "../../shared/backoff.ts";
import { type FaultCode, messageOf, SwarmError } from "../../shared/errors.ts";
import { type Logger, levelOfFailure } from "../../shared/log.ts";
import { type Clock, type InstantMs, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { NodeDescription } from "../../shared/rpc/gen/objects.ts";
import { isNodeRemoved } from "../../shared/rpc/node-removed.ts";
import { NotLeaderError } from "../../shared/rpc/not-leader.ts";
import type { HostMembership } from "../ports/host-membership.ts";
import { AgentSession, type SessionListener } from "./agent-session.ts";
import type { KnownManagers } from "./known-managers.ts";
import type { SessionConnection, SessionTransport } from "./session-transport.ts";
import type { StatusQueue } from "./status-queue.ts";

/**
 * Delay between sessions. The minimum is short, because an election is over in tens of milliseconds when a leader's
 * process ends.
 */
export const SESSION_RETRY = { baseMs: 100, maxMs: 2_000 } as const;
/** Hints followed at once in a row; beyond this, managers contradict each other, and it is better to wait. */
export const HINTS_IN_A_ROW_MAX = 3;
/** Codes with which a leader refuses what this host says about itself. */
const REFUSALS: ReadonlySet<FaultCode> = new Set(["invalidArgument", "alreadyExists"]);
/** How often the host is checked for changes (its name, its size). */
export const DESCRIPTION_EVERY_MS = 20_000;

export interface SessionKeeperOptions {
  readonly transport: SessionTransport;
  readonly managers: KnownManagers;
  readonly statuses: StatusQueue;
  readonly describe: () => NodeDescription;
  /** Resolves when the description is to be sent without delay; absent = a change is found within 20 s. */
  readonly isDescribedAnew?: ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly membership: Pick<HostMembership, "report">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Makes the receiver of a new session's messages. `connection` and `signal` live as long as the session. */
  readonly listen: (session: () => AgentSession, connection: SessionConnection, signal: AbortSignal) => SessionListener;
  /** A leader has answered what was sent at that instant. */
  readonly onContact: (sentAtMs: InstantMs) => void;
  /** The session has ended. */
  readonly onSessionOver: () => void;
  /** The cluster no longer knows this node; no further session is tried. */
  readonly onRemoved: () => void;
}

/** Always has a session, or is about to: finds the leader, and starts again when a session ends. */
export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  #session: AgentSession | null = null;
  #isLeaving = false;
  #failures = 0;
  /** Ends the wait for the next session. */
  #hurry = new AbortController();
  #hints = 0;
  /** Since the last session that lasted. */
  #refusals = 0;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  /** null between sessions. */
  get session(): AgentSession | null {
    return this.#session;
  }

  /** The present session ends with an announced leave, and no other begins. */
  leave(): void {
    this.#isLeaving = true;
    this.#session?.leave();
  }

  /** Hosts that were gone answer again, and managers may be among them: the next session is tried at once. */
  hurry(): void {
    this.#failures = 0;
    this.#hurry.abort();
  }

  /** Returns when the signal aborts, or when the node has left or was removed. */
  async run(signal: AbortSignal): Promise<void> {
    const { managers, clock, random, log } = this.#options;
    while (!signal.aborted && !this.#isLeaving) {
      const address = managers.takeNext(clock.now());
      if (address !== null) {
        const error = await this.#converse(address, signal);
        if (signal.aborted || this.#isLeaving) return;
        if (isNodeRemoved(error)) {
          this.#options.onRemoved();
          return;
        }
        if (this.#maybeFollowHint(error)) continue;
        managers.onFailure(address, clock.now());
        // What the leader refuses from this host, it will refuse next time as well: somebody has to look into it.
        const isRefused = error instanceof SwarmError && REFUSALS.has(error.code);
        const level = isRefused ? levelOfFailure(++this.#refusals) : "info";
        log[level]("session over", { manager: address, reason: messageOf(error) });
      }
      const delayMs = backoffMs(this.#failures++, SESSION_RETRY, random);
      this.#hurry = new AbortController();
      await sleep(clock, delayMs, "agent: next session", AbortSignal.any([signal, this.#hurry.signal])).catch(() => {});
    }
  }

  #maybeFollowHint(error: unknown): boolean {
    if (!(error instanceof NotLeaderError) || error.leaderAddress === null) return false;
    this.#options.managers.onHint(error.leaderAddress);
    this.#hints++;
    return this.#hints <= HINTS_IN_A_ROW_MAX;
  }

  /** One session with one manager; returns why it ended. */
  async #converse(address: string, signal: AbortSignal): Promise<unknown> {
    const { transport, statuses, describe, membership, clock } = this.#options;
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    try {
      await using connection = transport.connect(address);
      const description = describe();
      statuses.beginSession();
      const session: AgentSession = new AgentSession({
        clock,
        stream: connection.openSession(both),
        statuses,
        description,
        gossip: () => membership.report(),
        onContact: this.#options.onContact,
        listener: this.#listener(
          address,
          this.#options.listen(() => session, connection, both),
        ),
      });
      this.#session = session;
      const describing = this.#describeForever(session, description, both);
      describing.catch(() => {});
      await Promise.race([session.run(both), describing]);
      return new SwarmError("unavailable", "the manager ended the session");
    } catch (error) {
      return error;
    } finally {
      this.#session = null;
      this.#options.onSessionOver();
      over.abort(new SwarmError("cancelled", "the session is over"));
    }
  }

  #listener(address: string, inner: SessionListener): SessionListener {
    return {
      onRegistered: () => {
        this.#options.managers.onSuccess(address);
        this.#options.log.info("in session", { manager: address });
        this.#failures = 0;
        this.#hints = 0;
        this.#refusals = 0;
        inner.onRegistered();
      },
      onClusterView: (view) => inner.onClusterView(view),
      onAssignments: (assignments) => inner.onAssignments(assignments),
      onLogSubscription: (subscription) => inner.onLogSubscription(subscription),
      onExamination: (examination) => inner.onExamination(examination),
      onUsageRequest: (request) => inner.onUsageRequest(request),
      onOpenCall: (request) => inner.onOpenCall(request),
    };
  }

  async #untilDescribedAnew(signal: AbortSignal): Promise<void> {
    const { clock, isDescribedAnew } = this.#options;
    const one = new AbortController();
    const both = AbortSignal.any([signal, one.signal]);
    const waits = [sleep(clock, DESCRIPTION_EVERY_MS, "agent: describe host", both)];
    if (isDescribedAnew !== undefined) waits.push(isDescribedAnew(both));
    for (const wait of waits) wait.catch(() => {});
    try {
      await Promise.race(waits);
    } finally {
      one.abort(new SwarmError("cancelled", "the host is described"));
    }
  }

  async #describeForever(session: AgentSession, first: NodeDescription, signal: AbortSignal): Promise<never> {
    for (let said = first; ; ) {
      await this.#untilDescribedAnew(signal);
      const description = this.#options.describe();
      if (!isDeepStrictEqual(description, said)) session.onDescription(description);
      said = description;
    }
  }
}
