import { LABEL_CHANGE_OPTIONS } from "../label-flags.ts";
import type { OptionSpec } from "../option-spec.ts";

export const UPDATE_OPTIONS = [
  {
    flags: "--availability <word>",
    help: "active, pause (no new tasks) or drain (tasks move away)",
    words: ["active", "pause", "drain"],
  },
  { flags: "--role <word>", help: "worker or manager", words: ["worker", "manager"] },
  ...LABEL_CHANGE_OPTIONS,
] as const satisfies readonly OptionSpec[];

export const RM_OPTIONS = [
  { flags: "-f, --force", help: "remove a node even if it is not down" },
] as const satisfies readonly OptionSpec[];
