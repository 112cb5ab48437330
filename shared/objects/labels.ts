/** Labels as people write them. Every key is possible, `constructor` and `__proto__` as well. */
export type Labels = Readonly<Record<string, string>>;

/**
 * A label's value; undefined when it is not there. The only way to look up a key that is not our own word: decoded
 * labels have no prototype, but an object literal has one, and the place of the look-up cannot tell which it has.
 */
export function labelOf(labels: Labels | null | undefined, key: string): string | undefined {
  return labels !== null && labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Labels from pairs, later ones winning; an object without a prototype. */
export function labelsOf(entries: Iterable<readonly [key: string, value: string]>): Record<string, string> {
  const labels: Record<string, string> = Object.create(null);
  for (const [key, value] of entries) labels[key] = value;
  return labels;
}

/** `KEY` requires the label to be present, `KEY=VALUE` to have that value. */
export function hasLabel(labels: Labels, filter: string): boolean {
  const at = filter.indexOf("=");
  const value = labelOf(labels, at === -1 ? filter : filter.slice(0, at));
  return value !== undefined && (at === -1 || value === filter.slice(at + 1));
}

/** All of them must match, as in Docker. */
export function hasLabels(filters: readonly string[], labels: Labels): boolean {
  return filters.every((filter) => hasLabel(labels, filter));
}
