import type { OptionSpec } from "./option-spec.ts";

/** Options of every command that prints a table. */
export const LIST_OPTIONS = [
  { flags: "-f, --filter <filter>", help: "show only what matches KEY=VALUE", repeat: true },
  { flags: "--format <format>", help: "table, json (one object per line), or a template such as '{{.Name}}'" },
  { flags: "-q, --quiet", help: "print only ids" },
] as const satisfies readonly OptionSpec[];

/** Options of every command that shows whole objects. */
export const INSPECT_OPTIONS = [
  { flags: "-f, --format <format>", help: "json, or a template such as '{{.ID}}'" },
  { flags: "--pretty", help: "print it in a readable form" },
] as const satisfies readonly OptionSpec[];

/** Further options of lists that show names of other objects, or long texts. */
export const TASK_LIST_OPTIONS = [
  ...LIST_OPTIONS,
  { flags: "--no-trunc", help: "do not shorten ids and errors" },
  { flags: "--no-resolve", help: "show ids instead of names" },
] as const satisfies readonly OptionSpec[];
