import { CLUSTER_COMMANDS } from "./cluster/commands.ts";
import type { CommandSpec, GroupSpec } from "./command-spec.ts";
import { CONTAINER_COMMANDS, CONTAINER_SHORT_COMMANDS } from "./container/commands.ts";
import { contentCommands } from "./content/commands.ts";
import { DOCTOR_COMMANDS } from "./doctor/commands.ts";
import { HOST_COMMANDS } from "./host/commands.ts";
import { IMAGE_COMMANDS, IMAGE_SHORT_COMMANDS } from "./image/commands.ts";
import { IMPORT_COMMAND } from "./import/commands.ts";
import { INSPECT_COMMANDS } from "./inspect/commands.ts";
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

/** A part of the help: nouns with commands of their own, and commands without a noun. */
interface Section {
  readonly heading: string;
  readonly groups: readonly GroupSpec[];
  readonly commands: readonly CommandSpec[];
}

const COMPLETION: CommandSpec = {
  name: "completion",
  args: "<shell>",
  summary: "Print a completion script for a shell (bash)",
  examples: ["source <(swarmctl completion bash)"],
  completes: ["bash"],
  // It needs these tables, so it is given them instead of importing them back.
  load: async () => ({ run: (await import("./completion/run.ts")).createRun(TOP_COMMANDS, GROUPS) }),
};

/** All commands, in the order of the help. */
export const SECTIONS: readonly Section[] = [
  {
    heading: "The swarm:",
    // As docker has them; people who begin here type them without the noun.
    groups: [
      {
        name: "swarm",
        summary: "As docker has it: `swarm init` is `init`, and so on",
        commands: SWARM_COMMANDS,
      },
      { name: "node", summary: "Manage the nodes of the swarm", commands: NODE_COMMANDS },
      { name: "cluster", summary: "See to the swarm as a whole", commands: CLUSTER_COMMANDS },
    ],
    commands: [...SWARM_COMMANDS, ...DOCTOR_COMMANDS, ...HOST_COMMANDS],
  },
  {
    heading: "What runs in it, and what that needs:",
    groups: [
      { name: "service", summary: "Manage services", commands: SERVICE_COMMANDS },
      { name: "stack", summary: "Manage stacks: services from Compose files", commands: STACK_COMMANDS },
      { name: "task", summary: "Look into single tasks", commands: TASK_COMMANDS },
      { name: "network", summary: "Manage networks", commands: NETWORK_COMMANDS },
      { name: "secret", summary: "Manage secrets", commands: contentCommands("secret") },
      { name: "config", summary: "Manage configs", commands: contentCommands("config") },
      { name: "volume", summary: "Manage the volumes of hosts", commands: VOLUME_COMMANDS },
      REGISTRY_GROUP,
    ],
    commands: [...LOGIN_COMMANDS, IMPORT_COMMAND],
  },
  { heading: "Into a container, wherever it runs:", groups: [], commands: STREAM_COMMANDS },
  {
    heading: "Containers of this host:",
    groups: [{ name: "container", summary: "Manage the containers of this host", commands: CONTAINER_COMMANDS }],
    commands: CONTAINER_SHORT_COMMANDS,
  },
  {
    heading: "Images of this host:",
    groups: [{ name: "image", summary: "Manage images", commands: IMAGE_COMMANDS }],
    commands: IMAGE_SHORT_COMMANDS,
  },
  {
    heading: "More:",
    groups: [
      { name: "system", summary: "See and clear what hosts hold, and follow what happens", commands: SYSTEM_COMMANDS },
    ],
    commands: [...INSPECT_COMMANDS, ...SYSTEM_SHORT_COMMANDS, COMPLETION],
  },
];

/** Commands without a group. */
export const TOP_COMMANDS: readonly CommandSpec[] = SECTIONS.flatMap(({ commands }) => commands);

export const GROUPS: readonly GroupSpec[] = SECTIONS.flatMap(({ groups }) => groups);
