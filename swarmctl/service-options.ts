import type { OptionSpec } from "./command-spec.ts";

const MODES = ["replicated", "global"] as const;
const CONDITIONS = ["any", "on-failure", "none"] as const;

/** Of create, scale and update. */
export const WAIT_OPTIONS: readonly OptionSpec[] = [
  { flags: "-d, --detach", help: "do not wait until the service runs" },
  { flags: "-q, --quiet", help: "wait without showing progress" },
];

/** Meaning the same on create and update. */
const COMMON: readonly OptionSpec[] = [
  { flags: "--replicas <number>", help: "tasks of a replicated service (default 1)" },
  { flags: "--replicas-max-per-node <number>", help: "most tasks on one node (default 0, no limit)" },
  { flags: "--limit-cpu <cpus>", help: "most CPUs a task may use, such as 0.5" },
  { flags: "--limit-memory <size>", help: "most memory a task may use, such as 512m" },
  { flags: "--limit-pids <number>", help: "most processes of a task" },
  { flags: "--reserve-cpu <cpus>", help: "CPUs set aside for a task" },
  { flags: "--reserve-memory <size>", help: "memory set aside for a task" },
  {
    flags: "--restart-condition <word>",
    help: "replace tasks that end on any exit, on-failure or never (none)",
    words: CONDITIONS,
  },
  {
    flags: "--restart-delay <duration>",
    help: "wait before a replacement (default 5s, growing to 1m while tasks end quickly)",
  },
  { flags: "--restart-max-attempts <number>", help: "most replacements (default 0, no limit)" },
  { flags: "--restart-window <duration>", help: "only replacements in this time count" },
  { flags: "--update-parallelism <number>", help: "slots replaced at once; 0 for all (default 1)" },
  { flags: "--update-delay <duration>", help: "pause after each slot" },
  { flags: "--update-monitor <duration>", help: "how long a new task is watched for failure (default 5s)" },
  {
    flags: "--update-failure-action <word>",
    help: "pause, continue or rollback",
    words: ["pause", "continue", "rollback"],
  },
  { flags: "--update-max-failure-ratio <ratio>", help: "failures that are still accepted, 0..1" },
  { flags: "--update-order <word>", help: "start-first or stop-first", words: ["start-first", "stop-first"] },
  { flags: "--endpoint-mode <word>", help: "vip or dnsrr", words: ["vip", "dnsrr"] },
  { flags: "--entrypoint <command>", help: "replaces the image's ENTRYPOINT" },
  { flags: "-w, --workdir <dir>", help: "working directory in the container" },
  { flags: "-u, --user <user>", help: "USER[:GROUP] by name or number" },
  { flags: "--hostname <name>", help: "host name of the container" },
  { flags: "--stop-signal <signal>", help: "signal that asks the container to stop" },
  { flags: "--stop-grace-period <duration>", help: "time before it is killed (default 10s)" },
  { flags: "--read-only", help: "root file system read-only" },
  { flags: "-t, --tty", help: "allocate a terminal" },
  { flags: "--init", help: "run a small init as process 1" },
  { flags: "--cap-add <capability>", help: "add a Linux capability", repeat: true },
  { flags: "--cap-drop <capability>", help: "drop a Linux capability", repeat: true },
  { flags: "--security-opt <option>", help: "no-new-privileges[=true|false]", repeat: true },
  { flags: "--health-cmd <command>", help: "shell command that tells whether the container is healthy" },
  { flags: "--health-interval <duration>", help: "time between two checks" },
  { flags: "--health-timeout <duration>", help: "longest time one check may take" },
  { flags: "--health-retries <number>", help: "failures in a row that make it unhealthy" },
  { flags: "--health-start-period <duration>", help: "time after the start in which failures do not count" },
  { flags: "--no-healthcheck", help: "no health check, also not the image's" },
  { flags: "--no-resolve-image", help: "do not ask the registry for the image's digest" },
];

export const CREATE_OPTIONS: readonly OptionSpec[] = [
  { flags: "--name <name>", help: "name of the service (default: a made-up one)" },
  { flags: "--mode <word>", help: "replicated (so many tasks) or global (one on every node)", words: MODES },
  { flags: "-p, --publish <port>", help: "publish [PUBLISHED:]TARGET[/PROTOCOL] on every node", repeat: true },
  { flags: "-e, --env <variable>", help: "environment variable NAME=VALUE", repeat: true },
  { flags: "--env-file <file>", help: "read environment variables from a file", repeat: true },
  { flags: "--mount <mount>", help: "type=bind|volume|tmpfs,source=...,target=...[,readonly]", repeat: true },
  { flags: "--ulimit <limit>", help: "limit of each process: NAME=SOFT[:HARD], -1 for none", repeat: true },
  { flags: "--constraint <expression>", help: "only on nodes where it holds: node.role==manager", repeat: true },
  { flags: "-l, --label <label>", help: "label KEY=VALUE of the service", repeat: true },
  { flags: "--container-label <label>", help: "label KEY=VALUE of its containers", repeat: true },
  ...COMMON,
];

export const UPDATE_OPTIONS: readonly OptionSpec[] = [
  { flags: "--image <image>", help: "another image" },
  { flags: "--args <arguments>", help: "the command's arguments, as a shell would split them" },
  { flags: "--force", help: "replace all tasks even if nothing has changed" },
  { flags: "--publish-add <port>", help: "publish one more port", repeat: true },
  { flags: "--publish-rm <port>", help: "unpublish a target port", repeat: true },
  { flags: "--env-add <variable>", help: "add or replace a variable", repeat: true },
  { flags: "--env-rm <name>", help: "remove a variable", repeat: true },
  { flags: "--mount-add <mount>", help: "add or replace a mount", repeat: true },
  { flags: "--mount-rm <target>", help: "remove the mount at a target", repeat: true },
  { flags: "--constraint-add <expression>", help: "add a constraint", repeat: true },
  { flags: "--constraint-rm <expression>", help: "remove a constraint", repeat: true },
  { flags: "--label-add <label>", help: "add or replace a label", repeat: true },
  { flags: "--label-rm <key>", help: "remove a label", repeat: true },
  { flags: "--container-label-add <label>", help: "add or replace a label of the containers", repeat: true },
  { flags: "--container-label-rm <key>", help: "remove a label of the containers", repeat: true },
  { flags: "--ulimit-add <limit>", help: "add or replace a limit: NAME=SOFT[:HARD]", repeat: true },
  { flags: "--ulimit-rm <name>", help: "remove a limit", repeat: true },
  ...COMMON,
];
