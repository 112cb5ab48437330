/** A number of tasks, or a share of those that the service should have. */
export const MAX_UNAVAILABLE = /^(?:\d{1,9}|(?:\d{1,2}|100)%)$/;

/**
 * How many of `wanted` tasks may be missing on purpose; null = no limit was set. A share is rounded down, but only 0%
 * means none: otherwise 25% of three tasks would mean that nothing may ever be replaced.
 */
export function unavailableMax(text: string, wanted: number): number | null {
  if (!MAX_UNAVAILABLE.test(text)) return null;
  if (!text.endsWith("%")) return Number(text);
  const percent = Number(text.slice(0, -1));
  return percent === 0 ? 0 : Math.max(1, Math.floor((wanted * percent) / 100));
}
