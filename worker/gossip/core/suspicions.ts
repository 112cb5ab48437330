import type { InstantMs } from "../../../shared/ports/clock.ts";
import type { Context } from "./context.ts";
import { confirmationsWanted, suspicionMinMs } from "./formulas.ts";
import { Suspicion } from "./suspicion.ts";

/** Up to this many members each asks a suspect for its last word; in a larger cluster only its accuser. */
export const LAST_WORD_ALL_MAX = 32;
/** Probe intervals before the verdict: time for a connection, or for gossip there and back. */
const LAST_WORD_PROBES = 2;
/**
 * Of the members that only heard of a suspicion, this many probe the suspect themselves, on average. Two confirmations
 * are needed; some probes come too late.
 */
export const VERIFIERS = 6;

/**
 * The running suspicions: when each becomes a verdict, which suspects to ask for a last word, and which to probe
 * ourselves.
 */
export class Suspicions {
  readonly #context: Context;
  readonly #running = new Map<string, Suspicion>();
  /** Suspects to probe out of turn, and from when. */
  readonly #toVerify = new Map<string, InstantMs>();

  constructor(context: Context) {
    this.#context = context;
  }

  get(name: string): Suspicion | undefined {
    return this.#running.get(name);
  }

  names(): Iterable<string> {
    return this.#running.keys();
  }

  begin(name: string, accuser: string): void {
    const { profile, table, nowMs, self } = this.#context;
    const { suspicionMult, suspicionCalmTo, probeIntervalMs, suspicionMaxMult } = profile;
    const minMs = suspicionMinMs(suspicionMult, table.present, probeIntervalMs, suspicionCalmTo);
    const wanted = confirmationsWanted(suspicionMult, table.present);
    const suspicion = new Suspicion({
      accuser,
      confirmationsWanted: wanted,
      minMs,
      maxMs: suspicionMaxMult * minMs,
      nowMs,
      asksSuspect: accuser === self || table.present <= LAST_WORD_ALL_MAX,
    });
    this.#running.set(name, suspicion);
    if (accuser !== self && wanted > 0) this.#maybeVerify(name);
  }

  end(name: string): void {
    this.#running.delete(name);
    this.#toVerify.delete(name);
  }

  /** Those whose time is up now. */
  expired(): readonly string[] {
    const { nowMs } = this.#context;
    return [...this.#running].filter(([, { deadlineMs }]) => nowMs >= deadlineMs).map(([name]) => name);
  }

  /** Those to be asked for a last word now; each once. */
  takeToAsk(): readonly string[] {
    const { nowMs } = this.#context;
    const asked: string[] = [];
    for (const [name, suspicion] of this.#running) {
      if (nowMs < this.#lastWordAtMs(suspicion)) continue;
      suspicion.isAsked = true;
      asked.push(name);
    }
    return asked;
  }

  /** A suspect to probe out of turn now, or null; each once. */
  takeToVerify(): string | null {
    for (const [name, atMs] of this.#toVerify) {
      if (this.#context.nowMs < atMs) continue;
      this.#toVerify.delete(name);
      return name;
    }
    return null;
  }

  get verifyDueMs(): InstantMs {
    return Math.min(Number.POSITIVE_INFINITY, ...this.#toVerify.values());
  }

  get dueMs(): InstantMs {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const suspicion of this.#running.values()) {
      dueMs = Math.min(dueMs, suspicion.deadlineMs, this.#lastWordAtMs(suspicion));
    }
    return dueMs;
  }

  postpone(byMs: number): void {
    for (const suspicion of this.#running.values()) suspicion.postpone(byMs);
    for (const [name, atMs] of this.#toVerify) this.#toVerify.set(name, atMs + byMs);
  }

  /**
   * The more rarely members probe, the longer it takes until chance leads enough of them to the suspect to confirm. So
   * some of those that hear of it probe at once, but not those that are unwell themselves.
   */
  #maybeVerify(name: string): void {
    const { profile, table, random, awareness, nowMs } = this.#context;
    if (!profile.verifiesSuspicions || awareness.score > 0) return;
    if (random.below(Math.max(1, table.present - 2)) >= VERIFIERS) return;
    // Not all at the same moment: the suspect may just be struggling.
    this.#toVerify.set(name, nowMs + random.below(Math.ceil(profile.probeIntervalMs / 2)));
  }

  #lastWordAtMs(suspicion: Suspicion): InstantMs {
    if (suspicion.isAsked) return Number.POSITIVE_INFINITY;
    return suspicion.deadlineMs - LAST_WORD_PROBES * this.#context.profile.probeIntervalMs;
  }
}
