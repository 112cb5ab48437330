import { LIST_OPTIONS } from "../list-options.ts";
import type { OptionSpec } from "../option-spec.ts";

const NODE_OPTION = { flags: "--node <node>", help: "on this node (default: this host)" } as const satisfies OptionSpec;

export const CREATE_OPTIONS = [
  { flags: "-d, --driver <word>", help: "only local (default local)" },
  { flags: "--label <label>", help: "label KEY=VALUE", repeat: true },
  {
    flags: "-o, --opt <option>",
    help: "type=, o= and device= of what is mounted as the volume; or size=, what it may take of the host's disk",
    repeat: true,
  },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const VOLUME_LIST_OPTIONS = [
  ...LIST_OPTIONS,
  { flags: "-a, --all-nodes", help: "of all nodes that are up" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const VOLUME_INSPECT_OPTIONS = [
  { flags: "-f, --format <format>", help: "json, or a template such as '{{.Mountpoint}}'" },
  { flags: "-s, --size", help: "with the size, for which all files are looked at" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const VOLUME_REMOVE_OPTIONS = [
  { flags: "-f, --force", help: "no error for a volume that is not there" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const VOLUME_PRUNE_OPTIONS = [
  { flags: "-a, --all", help: "not only anonymous volumes" },
  { flags: "-f, --force", help: "do not ask" },
  {
    flags: "--filter <filter>",
    help: "only those with label=KEY[=VALUE], or without label!=KEY[=VALUE]",
    repeat: true,
  },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const EXPORT_OPTIONS = [
  { flags: "-o, --output <file>", help: "write to a file instead of standard output" },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const IMPORT_OPTIONS = [
  { flags: "--replace", help: "what is in the volume goes" },
  { flags: "--label <label>", help: "label KEY=VALUE of a volume that is made now", repeat: true },
  NODE_OPTION,
] as const satisfies readonly OptionSpec[];

export const FORGET_OPTIONS = [
  { flags: "--node <node>", help: "the node, which must be away" },
  { flags: "-f, --force", help: "do not ask" },
] as const satisfies readonly OptionSpec[];
