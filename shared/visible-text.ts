/**
 * What a terminal obeys instead of showing it, or what makes text look like other text: control characters (C0, DEL and
 * C1), line and paragraph separators, marks that change the direction of writing, invisible tags, and halves of
 * characters.
 */
const UNSEEN =
  /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Cs}/gu;

/**
 * The text with all of these written as `\u001b`, so that it can be shown to people wherever it comes from. The form is
 * JSON's, so JSON stays valid and keeps its meaning. `keep` lists characters that the caller intends, such as the line
 * ends of a list.
 */
export function visible(text: string, keep = ""): string {
  return text.replace(UNSEEN, (sign) => (keep.includes(sign) ? sign : escaped(sign)));
}

/** Whether all of the text can be shown unchanged. */
export function isPrintable(text: string): boolean {
  return visible(text) === text;
}

function escaped(sign: string): string {
  return [...Array(sign.length).keys()].map((at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");
}
