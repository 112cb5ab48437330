import type { OptionSpec } from "../option-spec.ts";
import { WAIT_OPTIONS } from "../service/options.ts";

/** Of everything that reads Compose files. */
export const FILE_OPTIONS = [
  {
    flags: "-c, --compose-file <file>",
    help: "a Compose file, later ones over earlier ones; - for standard input (default: compose.yaml here or above)",
    repeat: true,
  },
  { flags: "--env-file <file>", help: "variables that the files refer to (default: .env beside them)", repeat: true },
  { flags: "--profile <profile>", help: "include services of this profile; '*' for all", repeat: true },
  { flags: "--project-directory <dir>", help: "what relative paths start from (default: the first file's directory)" },
  { flags: "--ignore-unsupported", help: "warn of what the swarm does not support instead of refusing it" },
] as const satisfies readonly OptionSpec[];

/** When managers ask registries for the digests of images. */
export const RESOLVE_WORDS = { always: "always", changed: "changed", never: "never" } as const;

const RESOLVE_OPTION = {
  flags: "--resolve-image <when>",
  help: "ask registries for digests: always, changed (images that the file changes), never (default always)",
  words: Object.keys(RESOLVE_WORDS),
} as const satisfies OptionSpec;

export const DEPLOY_OPTIONS = [
  ...FILE_OPTIONS,
  ...WAIT_OPTIONS,
  { flags: "--atomic", help: "when something fails, put everything back as it was" },
  { flags: "--prune", help: "remove services and networks of the stack that the files do not name" },
  RESOLVE_OPTION,
  {
    flags: "--with-registry-auth",
    help: "make this user's credentials for the images' registries the swarm's logins there",
  },
] as const satisfies readonly OptionSpec[];

export const DIFF_OPTIONS = [
  ...FILE_OPTIONS,
  { flags: "--prune", help: "as deploy --prune" },
  RESOLVE_OPTION,
] as const satisfies readonly OptionSpec[];

export const CONFIG_OPTIONS = [
  ...FILE_OPTIONS,
  { flags: "--no-interpolate", help: "leave variables as they are written" },
  { flags: "--skip-interpolation", help: "the same, as docker has it" },
  { flags: "-q, --quiet", help: "print nothing: only check" },
] as const satisfies readonly OptionSpec[];

export const STACK_LS_OPTIONS = [
  { flags: "--format <format>", help: "table, json (one object per line), or a template such as '{{.Name}}'" },
  { flags: "-q, --quiet", help: "print only names" },
] as const satisfies readonly OptionSpec[];

export const STACK_RM_OPTIONS = [
  { flags: "-d, --detach", help: "do not wait for tasks to end: networks that they still use are left" },
] as const satisfies readonly OptionSpec[];
