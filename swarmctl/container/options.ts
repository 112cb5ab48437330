import { INSPECT_OPTIONS, LIST_OPTIONS } from "../list-options.ts";
import type { OptionSpec } from "../option-spec.ts";
import { SPECIAL_CONTAINER_OPTIONS } from "../service/options.ts";
import { DETACH_KEYS_OPTION, SIG_PROXY_OPTION } from "../stream/options.ts";

const PULL_WORDS = ["always", "missing", "never"];
const RESTART_WORDS = ["no", "on-failure", "always", "unless-stopped"];

/** Of every command: whose containers are meant. */
const NODE_OPTION = {
  flags: "--node <node>",
  help: "containers of this node, asked through the managers (default: of this host)",
} as const satisfies OptionSpec;
export const NODE_OPTIONS = [NODE_OPTION] as const satisfies readonly OptionSpec[];

/** Of `create` and `run`, beside the fields. */
export const CONTAINER_OPTIONS = [
  { flags: "--name <name>", help: "name of the container (default: a random one)" },
  { flags: "--rm", help: "remove the container, and its anonymous volumes, when it has ended" },
  {
    flags: "--restart <policy>",
    help: "start it again after an end: no, on-failure[:N], always, unless-stopped",
    words: RESTART_WORDS,
  },
  {
    flags: "--network <network>",
    formerly: ["--net"],
    help: "bridge (default), host, none, container:CONTAINER, or a network: NAME or name=NAME,alias=WORD,ip=ADDRESS",
    repeat: true,
  },
  {
    flags: "--network-alias <word>",
    formerly: ["--net-alias"],
    help: "another name for the container on its first network",
    repeat: true,
  },
  { flags: "--ip <address>", help: "its address on its first network" },
  { flags: "--ip6 <address>", help: "the same of IPv6" },
  { flags: "--mac-address <address>", help: "its hardware address on its first network, as 02:42:ac:11:00:02" },
  {
    flags: "--link <name>",
    help: "CONTAINER[:ALIAS]: a name that this container alone knows another by",
    repeat: true,
  },
  { flags: "--entrypoint <program>", help: "replaces the image's ENTRYPOINT; one program, without arguments" },
  { flags: "--env-file <file>", help: "read environment variables from a file", repeat: true },
  { flags: "--label-file <file>", help: "read labels from a file", repeat: true },
  { flags: "-v, --volume <volume>", help: "mount [SOURCE:]TARGET[:ro], SOURCE a path or a volume", repeat: true },
  { flags: "--volumes-from <container>", help: "mount what another container mounts: CONTAINER[:ro]", repeat: true },
  { flags: "--tmpfs <mount>", help: "mount memory: TARGET[:size=64m,mode=1777]", repeat: true },
  { flags: "-P, --publish-all", help: "publish all ports that the image exposes, at numbers the host chooses" },
  { flags: "--expose <port>", help: "port that -P publishes as well: 80 or 80/udp", repeat: true },
  { flags: "--memory-swap <size>", help: "memory and swap together; -1 for unlimited swap" },
  { flags: "--stop-timeout <seconds>", help: "time before it is killed (default 10)" },
  { flags: "-i, --interactive", help: "keep standard input open" },
  {
    flags: "--platform <platform>",
    help: "OS[/ARCHITECTURE], such as linux/amd64: refused unless the host is that",
  },
  { flags: "--pull <when>", help: "pull the image: always, missing (default), never", words: PULL_WORDS },
  { flags: "--cidfile <file>", help: "write the container's id to a new file" },
  { flags: "-q, --quiet", help: "do not show the progress of a pull" },
  ...SPECIAL_CONTAINER_OPTIONS,
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];

export const RUN_ONLY_OPTIONS = [
  { flags: "--cluster", help: "run it once as a job of the swarm, on any node, instead of on this host" },
  {
    flags: "--with-registry-auth",
    help: "with --cluster: make this user's credentials for the image's registry the swarm's login there",
  },
  { flags: "-d, --detach", help: "print the container's id, or the job's, and do not wait for it" },
  { flags: "-a, --attach <stream>", help: "only these: stdin, stdout, stderr (default: all)", repeat: true },
  DETACH_KEYS_OPTION,
  SIG_PROXY_OPTION,
] as const satisfies readonly OptionSpec[];

export const START_OPTIONS = [
  { flags: "-a, --attach", help: "show its output until it ends, and end with its exit code" },
  { flags: "-i, --interactive", help: "pass standard input on as well" },
  DETACH_KEYS_OPTION,
  SIG_PROXY_OPTION,
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];

export const STOP_OPTIONS = [
  {
    flags: "-t, --timeout <seconds>",
    formerly: ["--time"],
    help: "wait so long before it is killed; -1 for ever (default: its own, or 10)",
  },
  { flags: "-s, --signal <signal>", help: "signal to send first (default: its own, or SIGTERM)" },
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];
export const KILL_OPTIONS = [
  { flags: "-s, --signal <signal>", help: "signal to send (default SIGKILL)" },
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];
export const RM_OPTIONS = [
  { flags: "-f, --force", help: "kill a container that runs, and remove it" },
  { flags: "-v, --volumes", help: "remove its anonymous volumes as well" },
  { flags: "-l, --link", help: "remove a link, CONTAINER/ALIAS, and no container" },
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];
export const UPDATE_OPTIONS = [
  { flags: "--restart <policy>", help: "no, on-failure[:N], always, unless-stopped", words: RESTART_WORDS },
  { flags: "--cpus <cpus>", help: "maximum CPUs it may use" },
  { flags: "-m, --memory <size>", help: "maximum memory it may use" },
  { flags: "--memory-reservation <size>", help: "memory set aside for it" },
  { flags: "--memory-swap <size>", help: "memory and swap together; -1 for unlimited swap" },
  { flags: "--pids-limit <number>", help: "maximum number of processes; 0 for no limit" },
  { flags: "-c, --cpu-shares <number>", help: "its part of the CPU while others want it too" },
  { flags: "--cpu-period <number>", help: "microseconds in which --cpu-quota may be used" },
  { flags: "--cpu-quota <number>", help: "microseconds of CPU time in each period" },
  { flags: "--cpuset-cpus <list>", help: "CPUs it may run on: 0-2,5" },
  { flags: "--cpuset-mems <list>", help: "memory nodes it may use: 0,1" },
  { flags: "--blkio-weight <number>", help: "its part of the disks while others want them too" },
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];
export const PS_OPTIONS = [
  { flags: "-a, --all", help: "also those that do not run" },
  { flags: "-n, --last <number>", help: "the last ones that were made, running or not" },
  { flags: "-l, --latest", help: "only the one that was made last" },
  { flags: "--no-trunc", help: "do not shorten ids and commands" },
  { flags: "-s, --size", help: "with what each has changed of its files, which takes a look at all of them" },
  ...LIST_OPTIONS,
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];
export const COMMIT_OPTIONS = [
  { flags: "-a, --author <text>", help: "who made it" },
  {
    flags: "-c, --change <instruction>",
    help: "apply an instruction of a Dockerfile, such as 'CMD [\"sh\"]'",
    repeat: true,
  },
  { flags: "-m, --message <text>", help: "for the image's history" },
  { flags: "-p, --pause", help: "hold the container meanwhile (default true): else files that change may be torn" },
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];
export const PRUNE_OPTIONS = [
  { flags: "-f, --force", help: "do not ask" },
  { flags: "--filter <filter>", help: "until=INSTANT, label=KEY[=VALUE], label!=KEY[=VALUE]", repeat: true },
  ...NODE_OPTIONS,
] as const satisfies readonly OptionSpec[];
export const CONTAINER_INSPECT_OPTIONS = [
  INSPECT_OPTIONS[0],
  { flags: "-s, --size", help: "with what it has changed of its files, which takes a look at all of them" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];
