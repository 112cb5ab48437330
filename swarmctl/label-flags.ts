import { type Labels, labelsOf } from "../shared/objects/labels.ts";
import type { Flags } from "./flags.ts";
import type { OptionSpec } from "./option-spec.ts";
import { usageError } from "./parse/usage.ts";
import { parseLabels } from "./parse/words.ts";

/** The flags that change the labels of an object; a service's labels are fields of its spec instead. */
export const LABEL_CHANGE_OPTIONS = [
  { flags: "--label-add <label>", help: "add or replace a label KEY=VALUE", repeat: true },
  { flags: "--label-rm <key>", help: "remove a label", repeat: true },
] as const satisfies readonly OptionSpec[];

/**
 * The labels as changed by the flags, additions last. `whose`, as in "node host2", is for the sentence.
 * @throws SwarmError invalidArgument, also when a label to be removed does not exist.
 */
export function changedLabels(flags: Flags<"labelAdd" | "labelRm">, before: Labels, whose: string): Labels {
  const labels = new Map(Object.entries(before));
  for (const key of flags.list("labelRm")) {
    if (!labels.delete(key)) throw usageError(`${whose} has no label "${key}" to remove`);
  }
  for (const [key, value] of Object.entries(parseLabels(flags.list("labelAdd"), "--label-add"))) labels.set(key, value);
  return labelsOf(labels);
}
