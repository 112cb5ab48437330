import type { CommandSpec } from "./command-spec.ts";
import { LIST_OPTIONS, TASK_LIST_OPTIONS } from "./list-options.ts";

export const NODE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "ls",
    alias: "list",
    summary: "List the nodes of the swarm",
    options: LIST_OPTIONS,
    examples: [
      "swarmctl node ls",
      "swarmctl node ls --filter role=manager --format '{{.Hostname}}'",
      "swarmctl node ls --format json",
    ],
    load: () => import("./commands/node-ls.ts"),
  },
  {
    name: "inspect",
    args: "<self|node...>",
    summary: "Show everything about nodes",
    options: [
      { flags: "-f, --format <format>", help: "json, or a template such as '{{.Status.State}}'" },
      { flags: "--pretty", help: "for people" },
    ],
    examples: ["swarmctl node inspect self --pretty", "swarmctl node inspect host2 --format '{{.Status.Addr}}'"],
    completes: "node",
    load: () => import("./commands/node-inspect.ts"),
  },
  {
    name: "ps",
    args: "[node...]",
    summary: "List the tasks on nodes (default: this one)",
    options: TASK_LIST_OPTIONS,
    examples: ["swarmctl node ps", "swarmctl node ps --filter desired-state=running host2 host3"],
    completes: "node",
    load: () => import("./commands/node-ps.ts"),
  },
  {
    name: "promote",
    args: "<node...>",
    summary: "Make workers managers",
    examples: ["swarmctl node promote host2"],
    completes: "node",
    load: () => import("./commands/node-promote.ts"),
  },
  {
    name: "demote",
    args: "<node...>",
    summary: "Make managers workers",
    examples: ["swarmctl node demote host2"],
    completes: "node",
    load: () => import("./commands/node-demote.ts"),
  },
  {
    name: "update",
    args: "<node>",
    summary: "Change a node",
    options: [
      {
        flags: "--availability <word>",
        help: "active, pause (no new tasks) or drain (tasks move away)",
        words: ["active", "pause", "drain"],
      },
      { flags: "--role <word>", help: "worker or manager", words: ["worker", "manager"] },
      { flags: "--label-add <label>", help: "add or replace a label KEY=VALUE", repeat: true },
      { flags: "--label-rm <key>", help: "remove a label", repeat: true },
    ],
    examples: ["swarmctl node update --availability drain host2", "swarmctl node update --label-add rack=r1 host2"],
    completes: "node",
    load: () => import("./commands/node-update.ts"),
  },
  {
    name: "rm",
    alias: "remove",
    args: "<node...>",
    summary: "Remove nodes from the swarm",
    options: [{ flags: "-f, --force", help: "also a node that is ready" }],
    examples: ["swarmctl node rm host3", "swarmctl node rm --force host3"],
    completes: "node",
    load: () => import("./commands/node-rm.ts"),
  },
];
