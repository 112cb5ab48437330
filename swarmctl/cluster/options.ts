import type { OptionSpec } from "../option-spec.ts";

export const REBALANCE_OPTIONS = [
  { flags: "--plan", help: "show what would be moved, and why, and change nothing" },
  { flags: "--max-moves <number>", help: "move no more tasks than this (default 100)" },
  {
    flags: "--min-gain <number>",
    help: "tasks by which two nodes have to differ, beyond the one that moves (default: as the swarm is set)",
  },
  { flags: "--stop", help: "begin no further moves, and let tasks stay whose successors do not run yet" },
  { flags: "--format <format>", help: "with --plan: 'table', 'table TEMPLATE', 'json', or a Go template" },
  { flags: "-d, --detach", help: "do not wait until it is over" },
] as const satisfies readonly OptionSpec[];
