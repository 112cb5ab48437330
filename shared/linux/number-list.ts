/** No kernel has more CPUs or memory nodes. */
const NUMBER_MAX = 65_535;

/**
 * The numbers of a list as the kernel writes them, "0-2,5", in order; null = it is none. Used for CPUs and memory
 * nodes.
 */
export function parseNumberList(text: string): readonly number[] | null {
  const numbers = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (match === null) return null;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (from > to || to > NUMBER_MAX) return null;
    for (let at = from; at <= to; at++) numbers.add(at);
  }
  return [...numbers].sort((a, b) => a - b);
}
