/** What names are made of, in the order of the collator. */
const SIGNS = "_-.0123456789abcdefghijklmnopqrstuvwxyz";
const PLAIN = /^[a-z0-9_.-]*$/;
const PARTS = /\d+|\D/g;
/** Up to this many digits a number holds exactly; what is longer is left to the collator. */
const DIGITS_MAX = 15;

let collator: Intl.Collator | null = null;

/**
 * Sorts "web2" before "web10". Names of lower-case letters, digits and `_-.`, as nearly all are, are compared here in
 * the order in which a collator for English puts them: to load one takes a tenth of a command's time.
 */
export function naturalCompare(a: string, b: string): number {
  return comparePlain(a, b) ?? fullCompare(a, b);
}

function fullCompare(a: string, b: string): number {
  collator ??= new Intl.Collator("en", { numeric: true });
  return collator.compare(a, b);
}

/** null = not plain enough. */
function comparePlain(a: string, b: string): number | null {
  if (!PLAIN.test(a) || !PLAIN.test(b)) return null;
  const [ours, theirs] = [a.match(PARTS) ?? [], b.match(PARTS) ?? []];
  if ([...ours, ...theirs].some(({ length }) => length > DIGITS_MAX)) return null;
  for (const [at, our] of ours.entries()) {
    const their = theirs[at];
    if (their === undefined) return 1;
    const difference = compareParts(our, their);
    if (difference !== 0) return Math.sign(difference);
  }
  return ours.length < theirs.length ? -1 : 0;
}

function compareParts(ours: string, theirs: string): number {
  const [our, their] = [rank(ours), rank(theirs)];
  // All numbers come before all letters and after all other signs.
  return our.isNumber && their.isNumber ? our.value - their.value : our.sign - their.sign;
}

function rank(part: string): { readonly isNumber: boolean; readonly value: number; readonly sign: number } {
  const isNumber = /^\d/.test(part);
  return { isNumber, value: Number(part), sign: SIGNS.indexOf(part.charAt(0)) };
}
