import type { OptionSpec } from "../option-spec.ts";

const NODE_OPTION = { flags: "--node <node>", help: "of this node (default: this host)" } as const satisfies OptionSpec;

export const DF_OPTIONS = [
  { flags: "-v, --verbose", help: "each image, container and volume" },
  { flags: "--format <format>", help: "table, json (one object per line), or a template such as '{{.Type}}'" },
  { flags: "-a, --all-nodes", help: "of all nodes that are up" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const SYSTEM_PRUNE_OPTIONS = [
  { flags: "-a, --all", help: "images with names, too" },
  { flags: "--volumes", help: "anonymous volumes, too" },
  { flags: "--filter <filter>", help: "until=INSTANT, label=KEY[=VALUE], label!=KEY[=VALUE]", repeat: true },
  { flags: "-f, --force", help: "do not ask" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const EVENTS_OPTIONS = [
  {
    flags: "-f, --filter <filter>",
    help: "show only what matches: type=, event=, container=, image=, service=, node=, label=, scope= and so on",
    repeat: true,
  },
  { flags: "--since <time>", help: "from 10m ago, or an instant, on: what the host still remembers" },
  { flags: "--until <time>", help: "end there" },
  { flags: "--format <format>", help: "json (one object per line), or a template such as '{{.Action}}'" },
  { flags: "-a, --all-nodes", help: "of all nodes that are up" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];
