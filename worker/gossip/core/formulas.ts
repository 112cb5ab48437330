/**
 * All the protocol's rules about times and numbers, as functions of numbers. `members` counts all known members that
 * are not dead or left, including ourselves. The source of each is memberlist and, where named, the SWIM and Lifeguard
 * papers.
 */

/** Up to this many members each probes without a pause. */
const PACE_FROM = 6;
/** Up to this many members, exchanges come at their configured interval. */
const EXCHANGE_SCALE_FROM = 32;

/**
 * Minimum time that a member stays suspect. Grows with the logarithm of the cluster, as gossip needs to reach it (SWIM
 * 4.2), from `calmTo` members on; memberlist's is 10, where log10 is 1.
 */
export function suspicionMinMs(mult: number, members: number, probeIntervalMs: number, calmTo: number): number {
  const scale = Math.max(1, 1 + Math.log10(Math.max(1, members)) - Math.log10(calmTo));
  return (mult * Math.floor(scale * 1_000) * probeIntervalMs) / 1_000;
}

/**
 * Independent confirmations that make a suspicion as short as possible; 0 = there cannot be that many, so start there.
 */
export function confirmationsWanted(mult: number, members: number): number {
  const wanted = mult - 2;
  // Neither the suspect nor the first accuser confirms.
  return members - 2 < wanted ? 0 : Math.max(0, wanted);
}

/**
 * What is left of a suspicion: it begins at `maxMs` and falls with the logarithm of the confirmations to `minMs`
 * (Lifeguard, dynamic suspicion timeouts). Zero or negative = declare now.
 */
export function suspicionLeftMs(
  confirmations: number,
  wanted: number,
  elapsedMs: number,
  minMs: number,
  maxMs: number,
): number {
  if (wanted < 1) return minMs - elapsedMs;
  const share = Math.log(confirmations + 1) / Math.log(wanted + 1);
  const timeoutMs = Math.floor(maxMs - share * (maxMs - minMs));
  return Math.max(minMs, timeoutMs) - elapsedMs;
}

/**
 * How often one piece of news is sent before it is dropped: enough for all to have it with overwhelming probability.
 */
export function transmissionsMax(mult: number, members: number): number {
  return mult * Math.ceil(Math.log10(members + 1));
}

/** Interval of exchanges: longer by one step each time the cluster doubles, since their size grows as well. */
export function exchangeIntervalMs(intervalMs: number, members: number): number {
  if (members <= EXCHANGE_SCALE_FROM) return intervalMs;
  return intervalMs * (Math.ceil(Math.log2(members) - Math.log2(EXCHANGE_SCALE_FROM)) + 1);
}

/**
 * From the beginning of one probe to the next. In a small cluster probes follow each other directly; from PACE_FROM
 * members on they become rarer in proportion, up to `maxMs`, since more members share the watching of each: what each
 * member sends does not grow with the cluster. With `maxMs` = `intervalMs` it is memberlist's constant interval.
 */
export function probePaceMs(intervalMs: number, maxMs: number, members: number): number {
  return Math.max(intervalMs, Math.min(maxMs, (intervalMs * members) / PACE_FROM));
}

/** How awareness stretches our patience: the worse our own health, the slower we accuse (Lifeguard, LHA-Probe). */
export function patientMs(intervalMs: number, score: number): number {
  return intervalMs * (score + 1);
}
