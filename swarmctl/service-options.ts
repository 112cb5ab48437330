import { longName, type OptionSpec } from "./command-spec.ts";
import { createFieldOptions, updateFieldOptions } from "./spec/field-options.ts";

const MODES = ["replicated", "global"] as const;

/** Of create, scale and update. */
export const WAIT_OPTIONS: readonly OptionSpec[] = [
  { flags: "-d, --detach", help: "do not wait until the service runs" },
  { flags: "-q, --quiet", help: "wait without showing progress" },
];

/** Those that are no field of the spec, or more than one. */
const COMMON: readonly OptionSpec[] = [
  { flags: "--cap-add <capability>", help: "add a Linux capability", repeat: true },
  { flags: "--cap-drop <capability>", help: "drop a Linux capability", repeat: true },
  { flags: "--health-cmd <command>", help: "shell command that tells whether the container is healthy" },
  { flags: "--security-opt <option>", help: "no-new-privileges[=true|false]", repeat: true },
  { flags: "--no-healthcheck", help: "no health check, also not the image's" },
  { flags: "--no-resolve-image", help: "do not ask the registry for the image's digest" },
];

export const CREATE_OPTIONS: readonly OptionSpec[] = byName([
  { flags: "--name <name>", help: "name of the service (default: a made-up one)" },
  { flags: "--mode <word>", help: "replicated (so many tasks) or global (one on every node)", words: MODES },
  { flags: "--env-file <file>", help: "read environment variables from a file", repeat: true },
  ...createFieldOptions(),
  ...COMMON,
]);

export const UPDATE_OPTIONS: readonly OptionSpec[] = byName([
  { flags: "--image <image>", help: "another image" },
  { flags: "--force", help: "replace all tasks even if nothing has changed" },
  ...updateFieldOptions(),
  ...COMMON,
]);

/** More than seventy flags are found by name or not at all. */
function byName(options: readonly OptionSpec[]): readonly OptionSpec[] {
  return options.toSorted((a, b) => (longName(a) < longName(b) ? -1 : 1));
}
