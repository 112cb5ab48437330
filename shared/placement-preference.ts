import { SwarmError } from "./errors.ts";
import { isLabelKey } from "./label-key.ts";

const SPREAD = "spread=";
const SPREAD_KEYS = "tasks are spread over node.labels.KEY or engine.labels.KEY";

/**
 * Reads `spread=node.labels.zone`, the only kind of preference there is; returns the key of the label.
 * @throws SwarmError invalidArgument with a sentence that quotes the text.
 */
export function parsePreference(text: string): string {
  const at = text.indexOf("=");
  const [strategy, key] = [text.slice(0, Math.max(at, 0)).trim(), text.slice(at + 1).trim()];
  if (strategy !== "spread") throw invalid(text, "expected spread=node.labels.KEY");
  if (!isLabelKey(key)) throw invalid(text, SPREAD_KEYS);
  return key;
}

/** What is to be said of a key that no node can have a value for; null = nodes may have one. */
export function doubtOfSpreadKey(key: string): string | null {
  return isLabelKey(key) ? null : `placement preference ${preferenceText(key)} has no effect: ${SPREAD_KEYS}`;
}

/** The preference as people write it. */
export const preferenceText = (key: string): string => `${SPREAD}${key}`;

function invalid(text: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid placement preference ${JSON.stringify(text)}: ${why}`);
}
