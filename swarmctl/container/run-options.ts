import { longName, type OptionSpec } from "../option-spec.ts";
import { createFieldOptions } from "../service/spec/field-options.ts";
import { CLUSTER_FIELDS } from "./cluster-fields.ts";
import { CONTAINER_OPTIONS, RUN_ONLY_OPTIONS } from "./options.ts";
import { RUN_FIELDS } from "./run-fields.ts";

/** Made from the table of all fields, which the other commands do without: `commands.ts` loads this when it must. */
export const CREATE_OPTIONS: readonly OptionSpec[] = byName([...CONTAINER_OPTIONS, ...createFieldOptions(RUN_FIELDS)]);
export const RUN_OPTIONS: readonly OptionSpec[] = byName([
  ...RUN_ONLY_OPTIONS,
  ...CREATE_OPTIONS,
  ...createFieldOptions(CLUSTER_FIELDS),
]);

function byName(options: readonly OptionSpec[]): readonly OptionSpec[] {
  return options.toSorted((a, b) => (longName(a) < longName(b) ? -1 : 1));
}
