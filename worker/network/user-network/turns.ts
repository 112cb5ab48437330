/**
 * The backends of a service in the order in which connections are dealt out, out of those who may get some now and of
 * the order before. Who stays keeps his place but for the last, who fills the gap of one that has gone: a change of one
 * backend is a change of at most two places, however many there are. The same object where nothing changed.
 */
export function placeBackends(before: readonly string[], ready: readonly string[]): readonly string[] {
  const wanted = new Set(ready);
  if (before.length === wanted.size && before.every((backend) => wanted.has(backend))) return before;
  const places: (string | null)[] = before.map((backend) => (wanted.has(backend) ? backend : null));
  const known = new Set(before);
  const added = [...wanted].filter((backend) => !known.has(backend)).sort();
  for (let at = 0; at < places.length; at++) {
    if (places[at] !== null) continue;
    const filler = added.shift();
    if (filler !== undefined) places[at] = filler;
    else {
      while (places.length > at && places.at(-1) === null) places.pop();
      if (places.length > at) places[at] = places.pop() ?? null;
    }
  }
  return [...places.filter((backend) => backend !== null), ...added];
}
