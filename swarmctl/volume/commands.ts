import type { CommandSpec } from "../command-spec.ts";
import {
  CREATE_OPTIONS,
  EXPORT_OPTIONS,
  FORGET_OPTIONS,
  IMPORT_OPTIONS,
  VOLUME_INSPECT_OPTIONS,
  VOLUME_LIST_OPTIONS,
  VOLUME_PRUNE_OPTIONS,
  VOLUME_REMOVE_OPTIONS,
} from "./options.ts";

export const VOLUME_COMMANDS: readonly CommandSpec[] = [
  {
    name: "create",
    args: "[volume]",
    summary: "Make a volume on a host",
    options: CREATE_OPTIONS,
    examples: [
      "swarmctl volume create data",
      "swarmctl volume create --node host2 -o type=nfs -o o=addr=10.0.0.9,rw -o device=:/export files",
    ],
    load: () => import("./create.ts"),
  },
  {
    name: "ls",
    aliases: ["list"],
    summary: "List the volumes of a host, or of all nodes",
    options: VOLUME_LIST_OPTIONS,
    examples: ["swarmctl volume ls --all-nodes", "swarmctl volume ls --filter dangling=true --quiet"],
    load: () => import("./ls.ts"),
  },
  {
    name: "inspect",
    args: "<volume...>",
    summary: "Show details of volumes and who uses them",
    options: VOLUME_INSPECT_OPTIONS,
    examples: ["swarmctl volume inspect --size data", "swarmctl volume inspect --format '{{.Mountpoint}}' data"],
    load: () => import("./inspect.ts"),
  },
  {
    name: "rm",
    aliases: ["remove"],
    args: "<volume...>",
    summary: "Remove volumes, with what is in them, that no container uses",
    options: VOLUME_REMOVE_OPTIONS,
    examples: ["swarmctl volume rm data", "swarmctl volume rm --node host2 data-2"],
    load: () => import("./rm.ts"),
  },
  {
    name: "prune",
    summary: "Remove all anonymous volumes that no container uses",
    options: VOLUME_PRUNE_OPTIONS,
    examples: ["swarmctl volume prune", "swarmctl volume prune --all --force --filter label=tier=test"],
    load: () => import("./prune.ts"),
  },
  {
    name: "export",
    args: "<volume>",
    summary: "Write what is in a volume as a tar archive",
    options: EXPORT_OPTIONS,
    examples: [
      "swarmctl volume export --node host2 -o data.tar data",
      "swarmctl volume export data | gzip > data.tar.gz",
    ],
    load: () => import("./export.ts"),
  },
  {
    name: "import",
    args: "<volume> [file]",
    summary: "Fill an empty volume from a tar archive, compressed or not",
    options: IMPORT_OPTIONS,
    examples: [
      "swarmctl volume import data data.tar.gz",
      "swarmctl volume import --node host3 --label swarm.volume.per-slot=data data-2 data-2.tar",
    ],
    load: () => import("./import.ts"),
  },
  {
    name: "forget",
    args: "<volume>",
    summary: "Let the task of a slot start elsewhere, without its volume on a node that is away",
    options: FORGET_OPTIONS,
    examples: ["swarmctl volume forget --node host3 data-2"],
    load: () => import("./forget.ts"),
  },
];
