import type { OptionSpec } from "../option-spec.ts";

export const INSPECT_OPTIONS = [
  { flags: "-f, --format <format>", help: "json, or a template such as '{{.Status.State}}'" },
  { flags: "--pretty", help: "for people" },
] as const satisfies readonly OptionSpec[];

export const UPDATE_OPTIONS = [
  {
    flags: "--availability <word>",
    help: "active, pause (no new tasks) or drain (tasks move away)",
    words: ["active", "pause", "drain"],
  },
  { flags: "--role <word>", help: "worker or manager", words: ["worker", "manager"] },
  { flags: "--label-add <label>", help: "add or replace a label KEY=VALUE", repeat: true },
  { flags: "--label-rm <key>", help: "remove a label", repeat: true },
] as const satisfies readonly OptionSpec[];

export const RM_OPTIONS = [
  { flags: "-f, --force", help: "also a node that is ready" },
] as const satisfies readonly OptionSpec[];
