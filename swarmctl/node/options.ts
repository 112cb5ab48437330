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

export const DRAIN_OPTIONS = [
  { flags: "--timeout <duration>", help: "stop what is left then, whether or not it runs elsewhere (default 10m)" },
  { flags: "--now", help: "stop tasks at once, as `node update --availability drain` does, and wait for it" },
  { flags: "--wait", help: "wait until the node is empty, as it does unless told to --detach" },
  { flags: "-d, --detach", help: "do not wait until the node is empty" },
] as const satisfies readonly OptionSpec[];

export const RM_OPTIONS = [
  { flags: "-f, --force", help: "remove a node even if it is not down" },
] as const satisfies readonly OptionSpec[];
