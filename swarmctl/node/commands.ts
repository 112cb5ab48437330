import type { CommandSpec } from "../command-spec.ts";
import { INSPECT_OPTIONS, LIST_OPTIONS, TASK_LIST_OPTIONS } from "../list-options.ts";
import { DRAIN_OPTIONS, RM_OPTIONS, UPDATE_OPTIONS } from "./options.ts";

export const NODE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "ls",
    aliases: ["list"],
    summary: "List the nodes of the swarm",
    options: LIST_OPTIONS,
    examples: [
      "swarmctl node ls",
      "swarmctl node ls --filter role=manager --format '{{.Hostname}}'",
      "swarmctl node ls --format json",
    ],
    load: () => import("./ls.ts"),
  },
  {
    name: "inspect",
    args: "<self|node...>",
    summary: "Show details of nodes",
    options: INSPECT_OPTIONS,
    examples: ["swarmctl node inspect self --pretty", "swarmctl node inspect host2 --format '{{.Status.Addr}}'"],
    completes: "node",
    load: () => import("./inspect.ts"),
  },
  {
    name: "ps",
    args: "[node...]",
    summary: "List the tasks on nodes (default: this one)",
    options: TASK_LIST_OPTIONS,
    examples: ["swarmctl node ps", "swarmctl node ps --filter desired-state=running host2 host3"],
    completes: "node",
    load: () => import("./ps.ts"),
  },
  {
    name: "promote",
    args: "<node...>",
    summary: "Promote workers to managers",
    examples: ["swarmctl node promote host2"],
    completes: "node",
    load: () => import("./promote.ts"),
  },
  {
    name: "demote",
    args: "<node...>",
    summary: "Demote managers to workers",
    examples: ["swarmctl node demote host2"],
    completes: "node",
    load: () => import("./demote.ts"),
  },
  {
    name: "update",
    args: "<node>",
    summary: "Change a node's role, availability or labels",
    options: UPDATE_OPTIONS,
    examples: ["swarmctl node update --availability drain host2", "swarmctl node update --label-add rack=r1 host2"],
    completes: "node",
    load: () => import("./update.ts"),
  },
  {
    name: "drain",
    args: "<node>",
    summary: "Empty a node: each task stops once its successor runs elsewhere",
    options: DRAIN_OPTIONS,
    examples: [
      "swarmctl node drain host2",
      "swarmctl node drain --timeout 30m host2",
      "swarmctl node drain --now host2",
    ],
    completes: "node",
    load: () => import("./drain.ts"),
  },
  {
    name: "rm",
    aliases: ["remove"],
    args: "<node...>",
    summary: "Remove nodes from the swarm",
    options: RM_OPTIONS,
    examples: ["swarmctl node rm host3", "swarmctl node rm --force host3"],
    completes: "node",
    load: () => import("./rm.ts"),
  },
];
