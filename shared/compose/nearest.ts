/** The known word that a mistyped one was most likely meant to be; null when none is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  // A third of the letters may be wrong.
  let bestDistance = Math.floor(word.length / 3) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase().slice(0, CHARACTERS_MAX), candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Longer words are compared by their beginnings, because comparing costs the product of both lengths. */
const CHARACTERS_MAX = 64;

/** How many letters must be added, dropped or changed to make one word of the other. */
function editDistance(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...left].entries()) {
    const here = [row + 1];
    for (let column = 0; column < right.length; column += 1) {
      const changed = (above[column] ?? 0) + (letter === right[column] ? 0 : 1);
      here.push(Math.min(changed, (above[column + 1] ?? 0) + 1, (here[column] ?? 0) + 1));
    }
    above = here;
  }
  return above[right.length] ?? 0;
}
