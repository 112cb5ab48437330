import { CONTAINER_INSPECT_OPTIONS } from "../container/options.ts";
import type { OptionSpec } from "../option-spec.ts";

/** In the order in which a name is looked up, which is Docker's. */
export const INSPECTED_KINDS = [
  ...(["container", "image", "network", "volume"] as const),
  ...(["service", "task", "node", "secret", "config"] as const),
] as const;
export type InspectedKind = (typeof INSPECTED_KINDS)[number];

/** Options of `inspect` without a noun. */
export const INSPECT_ANY_OPTIONS = [
  ...CONTAINER_INSPECT_OPTIONS,
  { flags: "--type <kind>", help: "only an object of this kind", words: INSPECTED_KINDS },
] as const satisfies readonly OptionSpec[];
