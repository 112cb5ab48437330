import { longName, type OptionSpec } from "../option-spec.ts";
import { CREATE_ONLY_OPTIONS, SPECIAL_OPTIONS, UPDATE_ONLY_OPTIONS } from "./options.ts";
import { createFieldOptions, updateFieldOptions } from "./spec/field-options.ts";

/** Made from the table of all fields, which the other commands do without: `commands.ts` loads this when it must. */
export const CREATE_OPTIONS: readonly OptionSpec[] = byName([
  ...CREATE_ONLY_OPTIONS,
  ...createFieldOptions(),
  ...SPECIAL_OPTIONS,
]);

export const UPDATE_OPTIONS: readonly OptionSpec[] = byName([
  ...UPDATE_ONLY_OPTIONS,
  ...updateFieldOptions(),
  ...SPECIAL_OPTIONS,
]);

/** With more than seventy flags, people find one by its name or not at all. */
function byName(options: readonly OptionSpec[]): readonly OptionSpec[] {
  return options.toSorted((a, b) => (longName(a) < longName(b) ? -1 : 1));
}
