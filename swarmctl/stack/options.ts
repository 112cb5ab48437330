import type { OptionSpec } from "../option-spec.ts";

export const STACK_LS_OPTIONS = [
  { flags: "--format <format>", help: "table, json (one object per line), or a template such as '{{.Name}}'" },
  { flags: "-q, --quiet", help: "print only names" },
] as const satisfies readonly OptionSpec[];

export const STACK_RM_OPTIONS = [
  { flags: "-d, --detach", help: "do not wait for tasks to end: networks that they still use are left" },
] as const satisfies readonly OptionSpec[];
