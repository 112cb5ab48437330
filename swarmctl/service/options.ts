import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import type { OptionSpec } from "../option-spec.ts";
import { PROCESS_OPTIONS } from "../stream/options.ts";

const MODES = Object.values(SERVICE_MODES).map(({ word }) => word);

/** Of create, scale and update. */
export const WAIT_OPTIONS = [
  { flags: "-d, --detach", help: "do not wait until the service runs" },
  { flags: "-q, --quiet", help: "wait without showing progress" },
] as const satisfies readonly OptionSpec[];

export const RUN_NOW_OPTIONS = [
  { flags: "-d, --detach", help: "do not wait until the run is complete" },
  { flags: "-q, --quiet", help: "wait without showing progress" },
] as const satisfies readonly OptionSpec[];

/** Of what changes a service. */
export const DRY_RUN_OPTIONS = [
  { flags: "--dry-run", help: "only print what would change and where tasks would go" },
] as const satisfies readonly OptionSpec[];

export const ROLLBACK_OPTIONS = [
  {
    flags: "--to <number>",
    help: "the spec of that number in `service history` (default: the one before the present)",
  },
  ...DRY_RUN_OPTIONS,
  ...WAIT_OPTIONS,
] as const satisfies readonly OptionSpec[];

export const HISTORY_OPTIONS = [
  {
    flags: "--format <format>",
    help: "table, json (one object per line), or a template such as '{{.Spec}} {{.State}}'",
  },
  { flags: "-q, --quiet", help: "print only numbers" },
  { flags: "--no-trunc", help: "show all changes, however long" },
] as const satisfies readonly OptionSpec[];

/**
 * Options of containers, a service's and a host's own alike, that are not a field of the spec, or set more than one.
 * What they mean stands in `spec/special-flags.ts`, once for both.
 */
export const SPECIAL_CONTAINER_OPTIONS = [
  { flags: "--cap-add <capability>", help: "add a Linux capability", repeat: true },
  { flags: "--cap-drop <capability>", help: "drop a Linux capability", repeat: true },
  { flags: "--health-cmd <command>", help: "shell command that tells whether the container is healthy" },
  {
    flags: "--security-opt <option>",
    help: "no-new-privileges, seccomp=FILE|unconfined, apparmor=PROFILE, systempaths=unconfined, label=disable",
    repeat: true,
  },
  { flags: "--no-healthcheck", help: "no health check, not even the image's; =false undoes it" },
] as const satisfies readonly OptionSpec[];

/** The same of services. */
export const SPECIAL_OPTIONS = [
  ...SPECIAL_CONTAINER_OPTIONS,
  { flags: "--credential-spec <spec>", help: "Windows only: refused" },
  { flags: "--isolation <word>", help: "Windows only: refused, unless it is default" },
  { flags: "--no-resolve-image", help: "do not ask the registry for the image's digest" },
  {
    flags: "--with-registry-auth",
    help: "make this user's credentials for the image's registry the swarm's login there",
  },
] as const satisfies readonly OptionSpec[];

export const CREATE_ONLY_OPTIONS = [
  { flags: "--name <name>", help: "name of the service (default: a random one)" },
  {
    flags: "--mode <word>",
    help: "replicated (a number of tasks), global (one on every node), replicated-job or global-job (until they exit)",
    words: MODES,
  },
  { flags: "--env-file <file>", help: "read environment variables from a file", repeat: true },
] as const satisfies readonly OptionSpec[];

export const UPDATE_ONLY_OPTIONS = [
  { flags: "--image <image>", help: "new image" },
  { flags: "--log-opt <option>", help: "as --log-opt-add; a new --log-driver starts without options", repeat: true },
  { flags: "--force", help: "replace all tasks even if nothing has changed" },
  {
    flags: "--rollback",
    help: "return to the spec before the last update; can only be combined with -d, -q and --dry-run",
  },
] as const satisfies readonly OptionSpec[];

export const LOGS_OPTIONS = [
  { flags: "-f, --follow", help: "keep printing lines as they are written" },
  { flags: "-n, --tail <number>", help: "the last lines, of all tasks together and by time, or all (default all)" },
  { flags: "--since <instant>", help: "only lines since then: RFC 3339, Unix seconds, or how long ago (10m)" },
  { flags: "--until <instant>", help: "only lines until then, in the same forms; ends --follow, too" },
  { flags: "-t, --timestamps", help: "begin each line with its time" },
  { flags: "--details", help: "show what --log-opt labels, env and tag name of each task" },
  { flags: "--raw", help: "print what the containers wrote, byte for byte, without the tasks' names" },
  { flags: "--no-trunc", help: "do not shorten task ids" },
  { flags: "--no-task-ids", help: "leave task ids out of the names" },
  { flags: "--no-resolve", help: "show ids instead of names" },
] as const satisfies readonly OptionSpec[];

export const SERVICE_EXEC_OPTIONS = [
  { flags: "--all", help: "in all running tasks at the same time, with each line's task before it" },
  ...PROCESS_OPTIONS,
] as const satisfies readonly OptionSpec[];
