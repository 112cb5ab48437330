import { CLUSTER_COMMANDS } from "./cluster/commands.ts";
import type { CommandSpec, GroupSpec } from "./command-spec.ts";
import { CONTAINER_COMMANDS, CONTAINER_SHORT_COMMANDS } from "./container/commands.ts";
import { contentCommands } from "./content/commands.ts";
import { DOCTOR_COMMANDS } from "./doctor/commands.ts";
import { HOST_COMMANDS } from "./host/commands.ts";
import { IMAGE_COMMANDS, IMAGE_SHORT_COMMANDS } from "./image/commands.ts";
import { IMPORT_COMMAND } from "./import/commands.ts";
import { NETWORK_COMMANDS } from "./network/commands.ts";
import { NODE_COMMANDS } from "./node/commands.ts";
import { LOGIN_COMMANDS, REGISTRY_GROUP } from "./registry/commands.ts";
import { SERVICE_COMMANDS } from "./service/commands.ts";
import { STACK_COMMANDS } from "./stack/commands.ts";
import { STREAM_COMMANDS } from "./stream/commands.ts";
import { SWARM_COMMANDS } from "./swarm/commands.ts";
import { SYSTEM_COMMANDS, SYSTEM_SHORT_COMMANDS } from "./system/commands.ts";
import { TASK_COMMANDS } from "./task/commands.ts";
import { VOLUME_COMMANDS } from "./volume/commands.ts";

/** Commands without a group, in the order of the help. */
export const TOP_COMMANDS: readonly CommandSpec[] = [
  ...SWARM_COMMANDS,
  ...STREAM_COMMANDS,
  ...CONTAINER_SHORT_COMMANDS,
  ...HOST_COMMANDS,
  ...LOGIN_COMMANDS,
  ...DOCTOR_COMMANDS,
  ...IMAGE_SHORT_COMMANDS,
  IMPORT_COMMAND,
  ...SYSTEM_SHORT_COMMANDS,
  {
    name: "completion",
    args: "<shell>",
    summary: "Print a completion script for a shell (bash)",
    examples: ["source <(swarmctl completion bash)"],
    completes: ["bash"],
    // It needs these tables, so it is given them instead of importing them back.
    load: async () => ({ run: (await import("./completion/run.ts")).createRun(TOP_COMMANDS, GROUPS) }),
  },
];

export const GROUPS: readonly GroupSpec[] = [
  { name: "node", summary: "Manage the nodes of the swarm", commands: NODE_COMMANDS },
  { name: "cluster", summary: "See to the swarm as a whole", commands: CLUSTER_COMMANDS },
  { name: "service", summary: "Manage services", commands: SERVICE_COMMANDS },
  { name: "stack", summary: "Manage stacks: services from Compose files", commands: STACK_COMMANDS },
  { name: "task", summary: "Look into single tasks", commands: TASK_COMMANDS },
  { name: "container", summary: "Manage the containers of this host", commands: CONTAINER_COMMANDS },
  { name: "image", summary: "Manage images", commands: IMAGE_COMMANDS },
  { name: "network", summary: "Manage networks", commands: NETWORK_COMMANDS },
  { name: "volume", summary: "Manage the volumes of hosts", commands: VOLUME_COMMANDS },
  { name: "system", summary: "See and clear what hosts hold, and follow what happens", commands: SYSTEM_COMMANDS },
  { name: "secret", summary: "Manage secrets", commands: contentCommands("secret") },
  { name: "config", summary: "Manage configs", commands: contentCommands("config") },
  REGISTRY_GROUP,
];
