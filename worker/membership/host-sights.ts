import { type ProbePace, ProbeRecord } from "../../shared/host-probe/probe-record.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { InstantMs } from "../../shared/ports/clock.ts";
import type { MemberChange } from "../gossip/core/effects.ts";
import type { GoneHost } from "../ports/host-membership.ts";

/**
 * Between looks at a host that gossip has lost but that answers: its daemon is gone, or hangs and queues each look.
 */
export const ANSWERING_EVERY_MS = 5_000;
/**
 * Between looks at a host that is known to be gone: if it answers again, only the return of its endpoints is delayed.
 */
export const GONE_EVERY_MS = 2_000;
/** Up to this many hosts, all look at a suspect at once, so that they are sure by the time it is declared dead. */
export const ALL_LOOK_MAX = 32;
/**
 * In larger clusters each looks at a random time within (hosts x this) after the death: all at once would fill a stuck
 * daemon's queue.
 */
export const LOOK_SPREAD_MS_PER_HOST = 20;
/** Two looks, each with a second for the answer, are over when gossip's least suspicion (1.2 s) is. */
const LOOK_EVERY_MS = 125;
const PACE: ProbePace = {
  everyMs: LOOK_EVERY_MS,
  quickAnswers: 0,
  answeredEveryMs: ANSWERING_EVERY_MS,
  unansweredEveryMs: GONE_EVERY_MS,
};
/** Hosts that are gone are remembered until they return; beyond this number, the longest gone are forgotten. */
export const GONE_MAX = 10_000;

/** The state of a host according to gossip. */
export type HostState = "alive" | "suspect" | "dead" | "left";

export interface HostSight {
  readonly state: HostState;
  /** How long it has been so, milliseconds. */
  readonly forMs: number;
  /** This host's own attempts to connect to it got no answer, more than once. */
  readonly isUnanswered: boolean;
}

interface Entry {
  readonly address: string;
  readonly state: HostState;
  readonly sinceMs: InstantMs;
  /** Not to be looked at before this time. */
  readonly lookFromMs: InstantMs;
  readonly record: ProbeRecord;
}

/** A look at a host that is due. */
export interface Look {
  readonly address: string;
  /** Takes the outcome. */
  readonly record: ProbeRecord;
}

/**
 * What gossip and connection attempts together show about the other hosts. Pure bookkeeping. Gossip alone sees daemons:
 * a daemon that was killed or is being upgraded is dead to it while its containers still serve. So a host counts as
 * gone only if it also leaves connection attempts unanswered, or has announced that it leaves.
 */
export class HostSights {
  readonly #entries = new Map<string, Entry>();

  /** Gossip's news. `delayPart`: a random number in [0, 1). */
  onMember(change: MemberChange, nodeId: string, address: string, nowMs: InstantMs, delayPart: number): void {
    const before = this.#entries.get(nodeId);
    const state = stateAfter(change) ?? before?.state ?? "alive";
    if (before?.state === state && before.address === address) return;
    const hosts = this.#entries.size + 1;
    const isLooked = state === "dead" || (state === "suspect" && hosts <= ALL_LOOK_MAX);
    const spreadMs = hosts <= ALL_LOOK_MAX ? 0 : delayPart * hosts * LOOK_SPREAD_MS_PER_HOST;
    // What was found out about a suspect also holds once it is dead.
    const record = before?.state === "suspect" && state === "dead" ? before.record : new ProbeRecord(PACE);
    // At the end, so that the first are those that have been gone longest.
    this.#entries.delete(nodeId);
    this.#entries.set(nodeId, {
      address,
      state,
      sinceMs: before?.state === state ? before.sinceMs : nowMs,
      lookFromMs: isLooked ? nowMs + spreadMs : Number.POSITIVE_INFINITY,
      record,
    });
    this.#forgetSome();
  }

  /** Hosts to be looked at now; marks the looks as begun. */
  takeLooks(nowMs: InstantMs): readonly Look[] {
    const looks: Look[] = [];
    for (const { address, lookFromMs, record } of this.#entries.values()) {
      if (nowMs < lookFromMs || !record.isDue(nowMs)) continue;
      record.begin(nowMs);
      looks.push({ address, record });
    }
    return looks;
  }

  /** Whether there is anyone to look at, now or later. */
  get hasLooks(): boolean {
    return [...this.#entries.values()].some(({ lookFromMs }) => lookFromMs !== Number.POSITIVE_INFINITY);
  }

  /** null = never met. */
  sight(nodeId: string, nowMs: InstantMs): HostSight | null {
    const entry = this.#entries.get(nodeId);
    if (entry === undefined) return null;
    const { state, sinceMs, record } = entry;
    return { state, forMs: Math.max(0, nowMs - sinceMs), isUnanswered: record.isUnanswered };
  }

  /** Hosts to which nothing must be sent. A suspect is not one of them: most suspicions are refuted. */
  gone(): ReadonlySet<string> {
    const gone = new Set<string>();
    for (const [nodeId, { state, record }] of this.#entries) {
      if (state === "left" || (state === "dead" && record.isUnanswered)) gone.add(nodeId);
    }
    return gone;
  }

  /** What the leader is told: all hosts that gossip has as dead or left. */
  report(): readonly GoneHost[] {
    const lost = [...this.#entries].filter(([, { state }]) => state === "dead" || state === "left");
    return lost.map(([nodeId, { record }]) => ({ nodeId, unanswered: record.isUnanswered }));
  }

  #forgetSome(): void {
    if (this.#entries.size <= GONE_MAX) return;
    let tooMany = this.#entries.size - GONE_MAX;
    for (const [nodeId, { state }] of this.#entries) {
      if (tooMany === 0) return;
      if (state !== "dead" && state !== "left") continue;
      this.#entries.delete(nodeId);
      tooMany--;
    }
  }
}

function stateAfter(change: MemberChange): HostState | null {
  switch (change) {
    case "joined":
    case "trusted":
      return "alive";
    case "suspected":
      return "suspect";
    case "died":
      return "dead";
    case "left":
      return "left";
    case "updated":
      return null;
    default:
      return unreachable(change);
  }
}
