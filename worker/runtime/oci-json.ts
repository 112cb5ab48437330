/**
 * JSON whose numbers may be too large to be exact in JavaScript: the kernel's word for "no limit" is 2^64 - 1. The
 * standard library's functions for this are newer than the compiler's declarations.
 */
const exact = JSON as unknown as {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
};

/** A number by its digits, for `JSON.stringify`. */
export function exactNumber(digits: string): unknown {
  return exact.rawJSON(digits);
}

/** The inverse of `JSON.stringify`, also of exact numbers. @throws SyntaxError. */
export function parseExact(text: string): unknown {
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined ? exact.rawJSON(source) : value,
  );
}
