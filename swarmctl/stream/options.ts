import type { OptionSpec } from "../option-spec.ts";

/** Commands about one container find it in the whole swarm; this says where to look. */
export const NODE_OPTION = {
  flags: "--node <node>",
  help: "look only on this node (default: this host, then the swarm)",
} as const satisfies OptionSpec;

const DETACH_KEYS_OPTION = {
  flags: "--detach-keys <keys>",
  help: 'keys that leave the container and let it run (default "ctrl-p,ctrl-q")',
} as const satisfies OptionSpec;

export const EXEC_OPTIONS = [
  { flags: "-i, --interactive", help: "keep standard input open" },
  { flags: "-t, --tty", help: "give the process a terminal" },
  { flags: "-d, --detach", help: "start the process and leave it to itself" },
  { flags: "-e, --env <variable>", help: "KEY=VALUE, or KEY to pass on its value here", repeat: true },
  { flags: "--env-file <file>", help: "read environment variables from a file", repeat: true },
  { flags: "-u, --user <user>", help: "USER[:GROUP], by name or number" },
  { flags: "-w, --workdir <directory>", help: "directory in the container to start in" },
  { flags: "--privileged", help: "give the process all capabilities" },
  DETACH_KEYS_OPTION,
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];
