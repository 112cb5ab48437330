import { CONTAINER_INSPECT_OPTIONS } from "../container/options.ts";
import type { OptionSpec } from "../option-spec.ts";

/** Options of `inspect` without a noun. */
export const INSPECT_ANY_OPTIONS = [
  ...CONTAINER_INSPECT_OPTIONS,
  {
    flags: "--type <kind>",
    help: "only an object of this kind",
    words: ["container", "image", "network", "volume", "service", "task", "node", "secret", "config"],
  },
] as const satisfies readonly OptionSpec[];
