import type { OptionSpec } from "../option-spec.ts";

/** Commands about one container find it in the whole swarm; this says where to look. */
export const NODE_OPTION = {
  flags: "--node <node>",
  help: "look only on this node (default: this host, then the swarm)",
} as const satisfies OptionSpec;

export const DETACH_KEYS_OPTION = {
  flags: "--detach-keys <keys>",
  help: 'keys that leave the container and let it run (default "ctrl-p,ctrl-q")',
} as const satisfies OptionSpec;

/** Of every command that runs another process in a container. */
export const PROCESS_OPTIONS = [
  { flags: "-i, --interactive", help: "keep standard input open" },
  { flags: "-t, --tty", help: "give the process a terminal" },
  { flags: "-d, --detach", help: "start the process and leave it to itself" },
  { flags: "-e, --env <variable>", help: "KEY=VALUE, or KEY to pass on its value here", repeat: true },
  { flags: "--env-file <file>", help: "read environment variables from a file", repeat: true },
  { flags: "-u, --user <user>", help: "USER[:GROUP], by name or number" },
  { flags: "-w, --workdir <directory>", help: "directory in the container to start in" },
  { flags: "--privileged", help: "give the process all capabilities" },
  DETACH_KEYS_OPTION,
] as const satisfies readonly OptionSpec[];

export const SIG_PROXY_OPTION = {
  flags: "--sig-proxy",
  help: "pass signals on to the container (default; --sig-proxy=false: end this command)",
} as const satisfies OptionSpec;

export const ATTACH_OPTIONS = [
  { flags: "--no-stdin", help: "only look on: do not pass standard input on" },
  DETACH_KEYS_OPTION,
  SIG_PROXY_OPTION,
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const CONTAINER_LOGS_OPTIONS = [
  { flags: "-f, --follow", help: "keep printing lines as they are written" },
  { flags: "-n, --tail <number>", help: "the last lines, or all (default all)" },
  { flags: "--since <instant>", help: "only lines since then: RFC 3339, Unix seconds, or how long ago (10m)" },
  { flags: "--until <instant>", help: "only lines until then, in the same forms; ends --follow, too" },
  { flags: "-t, --timestamps", help: "begin each line with its time" },
  { flags: "--details", help: "show what --log-opt labels, env and tag name of the container" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const EXEC_OPTIONS = [...PROCESS_OPTIONS, NODE_OPTION] as const satisfies readonly OptionSpec[];

export const PLACE_OPTIONS = [NODE_OPTION] as const satisfies readonly OptionSpec[];

export const CP_OPTIONS = [
  { flags: "-a, --archive", help: "keep owners, by number" },
  { flags: "-L, --follow-link", help: "copy what a link at the source leads to" },
  { flags: "-q, --quiet", help: "say nothing when it is done" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const EXPORT_OPTIONS = [
  { flags: "-o, --output <file>", help: "write to a file instead of standard output" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const STATS_OPTIONS = [
  { flags: "-a, --all", help: "those that do not run as well" },
  { flags: "--no-trunc", help: "do not shorten ids" },
  { flags: "--no-stream", help: "print one result and end" },
  { flags: "--format <format>", help: "table, json (one object per line), or a template such as '{{.Name}}'" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];
