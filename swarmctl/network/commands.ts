import type { CommandSpec } from "../command-spec.ts";
import {
  CREATE_OPTIONS,
  NETWORK_INSPECT_OPTIONS,
  NETWORK_LIST_OPTIONS,
  NETWORK_PRUNE_OPTIONS,
  NETWORK_REMOVE_OPTIONS,
  NETWORK_UPDATE_OPTIONS,
} from "./options.ts";

export const NETWORK_COMMANDS: readonly CommandSpec[] = [
  {
    name: "create",
    args: "<name>",
    summary: "Make a network that the tasks of services can join",
    options: CREATE_OPTIONS,
    examples: [
      "swarmctl network create backend",
      "swarmctl network create --subnet 10.7.0.0/24 --gateway 10.7.0.254 --internal backend",
    ],
    load: () => import("./create.ts"),
  },
  {
    name: "ls",
    alias: "list",
    summary: "List networks",
    options: NETWORK_LIST_OPTIONS,
    examples: ["swarmctl network ls", "swarmctl network ls --filter dangling=true --quiet"],
    load: () => import("./ls.ts"),
  },
  {
    name: "inspect",
    args: "<network...>",
    summary: "Show details of networks and who is on them",
    options: NETWORK_INSPECT_OPTIONS,
    examples: ["swarmctl network inspect backend", "swarmctl network inspect --verbose backend"],
    completes: "network",
    load: () => import("./inspect.ts"),
  },
  {
    name: "update",
    args: "<network>",
    summary: "Change the labels of a network, or add a subnet to it",
    options: NETWORK_UPDATE_OPTIONS,
    examples: ["swarmctl network update --subnet-add 10.7.1.0/24 backend"],
    completes: "network",
    load: () => import("./update.ts"),
  },
  {
    name: "rm",
    alias: "remove",
    args: "<network...>",
    summary: "Remove networks that nothing uses",
    options: NETWORK_REMOVE_OPTIONS,
    examples: ["swarmctl network rm backend"],
    completes: "network",
    load: () => import("./rm.ts"),
  },
  {
    name: "prune",
    summary: "Remove all networks that nothing uses",
    options: NETWORK_PRUNE_OPTIONS,
    examples: ["swarmctl network prune --force"],
    load: () => import("./prune.ts"),
  },
];
