/** Lines that one list has and the other has not, by identity: a line that did not change is the same object. */
export interface ChangedLines<Line> {
  readonly removed: readonly Line[];
  readonly put: readonly Line[];
}

/** What became of a table's lines; costs a comparison of pointers for each that stayed. */
export function changedLines<Line>(before: readonly Line[], after: readonly Line[]): ChangedLines<Line> {
  if (before === after) return { removed: [], put: [] };
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < shorter - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const old = new Set(before.slice(start, before.length - tail));
  const put: Line[] = [];
  // What is left in `old` afterwards is what the new list lacks.
  for (const line of after.slice(start, after.length - tail)) if (!old.delete(line)) put.push(line);
  return { removed: [...old], put };
}
