import type { OptionSpec } from "../option-spec.ts";

export const DOCTOR_OPTIONS = [
  { flags: "--format <format>", help: "table, json (one object per line), or a template such as '{{.Where}}'" },
  { flags: "--local", help: "examine only this host and its ways to the managers" },
  { flags: "-q, --quiet", help: "print nothing: the exit status says it" },
] as const satisfies readonly OptionSpec[];
