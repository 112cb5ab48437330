import { SwarmError } from "./errors.ts";
import { isLabelKey } from "./label-key.ts";

const SPREAD = "spread=";

/**
 * Reads `spread=node.labels.zone`, the only kind of preference there is; returns the key of the label.
 * @throws SwarmError invalidArgument with a sentence that quotes the text.
 */
export function parsePreference(text: string): string {
  const at = text.indexOf("=");
  const [strategy, key] = [text.slice(0, Math.max(at, 0)).trim(), text.slice(at + 1).trim()];
  if (strategy !== "spread") throw invalid(text, "expected spread=node.labels.KEY");
  checkSpreadKey(key);
  return key;
}

/** The preference as people write it. */
export const preferenceText = (key: string): string => `${SPREAD}${key}`;

/** @throws SwarmError invalidArgument for a key that no node can have a value for. */
export function checkSpreadKey(key: string): void {
  if (!isLabelKey(key))
    throw invalid(preferenceText(key), "tasks are spread over node.labels.KEY or engine.labels.KEY");
}

function invalid(text: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid placement preference ${JSON.stringify(text)}: ${why}`);
}
