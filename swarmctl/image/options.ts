import { LIST_OPTIONS } from "../list-options.ts";
import type { OptionSpec } from "../option-spec.ts";

export const NODE_OPTION = {
  flags: "--node <node>",
  help: "the images of this node (default: of this host)",
} as const satisfies OptionSpec;

const PLATFORM_OPTION = {
  flags: "--platform <platform>",
  help: "OS/ARCHITECTURE[/VARIANT], such as linux/arm64 (default: the host's)",
} as const satisfies OptionSpec;

export const LS_OPTIONS = [
  ...LIST_OPTIONS,
  { flags: "-a, --all", help: "steps of builds as well" },
  { flags: "--digests", help: "show digests" },
  { flags: "--no-trunc", help: "do not shorten ids" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const PULL_OPTIONS = [
  { flags: "-a, --all-tags", help: "every tag that the repository has" },
  { flags: "-q, --quiet", help: "print only the image's name" },
  { flags: "--all-nodes", help: "to every node of the swarm that is up" },
  PLATFORM_OPTION,
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const PUSH_OPTIONS = [
  { flags: "-a, --all-tags", help: "every tag of the repository that the host has" },
  { flags: "-q, --quiet", help: "print only the image's name" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const RM_OPTIONS = [
  { flags: "-f, --force", help: "all names of the image; no error for an image that is not there" },
  { flags: "--no-prune", help: "keep unnamed images that it was built upon" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const PRUNE_OPTIONS = [
  { flags: "-a, --all", help: "images with names, too" },
  { flags: "-f, --force", help: "do not ask" },
  { flags: "--filter <filter>", help: "until=TIME, label=KEY[=VALUE], label!=KEY[=VALUE]", repeat: true },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const INSPECT_OPTIONS = [
  { flags: "-f, --format <format>", help: "json, or a template such as '{{.Id}}'" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const HISTORY_OPTIONS = [
  { flags: "--format <format>", help: "table, json, or a template such as '{{.CreatedBy}}'" },
  { flags: "-H, --human", help: "sizes and dates for people (default true)" },
  { flags: "--no-trunc", help: "do not shorten" },
  { flags: "-q, --quiet", help: "print only ids" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const TAG_OPTIONS = [NODE_OPTION] as const satisfies readonly OptionSpec[];

export const SAVE_OPTIONS = [
  { flags: "-o, --output <file>", help: "write there instead of to standard output" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const LOAD_OPTIONS = [
  { flags: "-i, --input <file>", help: "read from there instead of from standard input" },
  { flags: "-q, --quiet", help: "say nothing but what was loaded" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const IMPORT_OPTIONS = [
  {
    flags: "-c, --change <instruction>",
    help: "apply an instruction of a Dockerfile, such as 'CMD [\"sh\"]'",
    repeat: true,
  },
  { flags: "-m, --message <text>", help: "for the image's history" },
  PLATFORM_OPTION,
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const SEARCH_OPTIONS = [
  { flags: "-f, --filter <filter>", help: "is-official=true|false, stars=NUMBER", repeat: true },
  { flags: "--format <format>", help: "table, json, or a template such as '{{.Name}}'" },
  { flags: "--limit <number>", help: "largest number of answers (default 25)" },
  { flags: "--no-trunc", help: "do not shorten descriptions" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const BUILD_OPTIONS = [
  { flags: "-t, --tag <name>", help: "NAME[:TAG] of the image", repeat: true },
  { flags: "-f, --file <path>", help: "the Dockerfile (default PATH/Dockerfile); - for standard input" },
  { flags: "--build-arg <variable>", help: "KEY=VALUE for ARG, or KEY to pass on its value here", repeat: true },
  { flags: "--target <stage>", help: "build only up to this stage" },
  { flags: "--no-cache", help: "do every step anew" },
  { flags: "--pull", help: "look bases up in their registries" },
  { flags: "--label <label>", help: "KEY=VALUE for the image", repeat: true },
  {
    flags: "--secret <secret>",
    help: "id=ID,src=FILE or id=ID,env=VARIABLE for RUN --mount=type=secret",
    repeat: true,
  },
  { flags: "--network <network>", help: "of RUN: default, none, host, or a network of this host or the swarm" },
  { flags: "--add-host <line>", help: "NAME:ADDRESS for /etc/hosts", repeat: true },
  { flags: "-m, --memory <size>", help: "maximum memory a step may use" },
  { flags: "--memory-swap <size>", help: "memory and swap together; -1 for unlimited swap" },
  { flags: "-c, --cpu-shares <number>", help: "a step's part of the CPU while others want it too" },
  { flags: "--cpu-period <number>", help: "microseconds in which --cpu-quota may be used" },
  { flags: "--cpu-quota <number>", help: "microseconds of CPU time in each period" },
  { flags: "--cpuset-cpus <list>", help: "CPUs a step may run on: 0-2,5" },
  { flags: "--cpuset-mems <list>", help: "memory nodes it may use: 0,1" },
  { flags: "--shm-size <size>", help: "size of a step's /dev/shm, such as 256m; unless given, 64m" },
  { flags: "--ulimit <limit>", help: "limit of each process: NAME=SOFT[:HARD], -1 for none", repeat: true },
  {
    flags: "--cache-from <image>",
    help: "as docker has it; steps of this host's images are used anyway",
    repeat: true,
  },
  { flags: "--rm", help: "as docker has it; containers of steps are removed anyway (default true)" },
  { flags: "--force-rm", help: "the same after a step that failed" },
  { flags: "--compress", help: "compress the context on its way" },
  { flags: "--squash", help: "one layer for all that is added" },
  { flags: "--iidfile <file>", help: "write the image's id there" },
  { flags: "-q, --quiet", help: "print only the image's id, or what a failed build said last" },
  PLATFORM_OPTION,
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const PUSH_TO_NODES_OPTIONS = [
  { flags: "--to <node>", help: "only to this node (default: all that are up and lack it)", repeat: true },
  { flags: "-q, --quiet", help: "print only failures" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];
