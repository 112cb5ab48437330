import type { OptionSpec } from "../option-spec.ts";

export const INFO_OPTIONS = [
  { flags: "-f, --format <format>", help: "json, or a template such as '{{.Swarm.NodeID}}'" },
] as const satisfies readonly OptionSpec[];

export const VERSION_OPTIONS = [
  { flags: "-f, --format <format>", help: "json, or a template such as '{{.Client.Version}}'" },
] as const satisfies readonly OptionSpec[];

export const DOCKER_ENV_OPTIONS = [
  {
    flags: "--shell <name>",
    help: "whose words to print: sh or fish (default: as $SHELL says)",
    words: ["sh", "fish"],
  },
  { flags: "-u, --unset", help: "print what undoes it" },
] as const satisfies readonly OptionSpec[];
