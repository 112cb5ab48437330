import type { OptionSpec } from "../option-spec.ts";

export const LOGIN_OPTIONS = [
  { flags: "-u, --username <user>", help: "who the swarm is to the registry" },
  { flags: "-p, --password <password>", help: "others on this host can see it: better use --password-stdin" },
  { flags: "--password-stdin", help: "read the password from standard input" },
] as const satisfies readonly OptionSpec[];
