import type { CommandSpec } from "../command-spec.ts";
import { INFO } from "../host/commands.ts";
import { DF_OPTIONS, EVENTS_OPTIONS, SYSTEM_PRUNE_OPTIONS } from "./options.ts";

const EVENTS: CommandSpec = {
  name: "events",
  summary: "Follow what happens on a host, and on a manager in the swarm",
  options: EVENTS_OPTIONS,
  examples: [
    "swarmctl events --since 10m --filter type=container --filter event=die",
    "swarmctl events --all-nodes --format json",
  ],
  load: () => import("./events.ts"),
};

/** Docker's short form. */
export const SYSTEM_SHORT_COMMANDS: readonly CommandSpec[] = [EVENTS];

export const SYSTEM_COMMANDS: readonly CommandSpec[] = [
  {
    name: "df",
    summary: "Show what images, containers and volumes take on the disk",
    options: DF_OPTIONS,
    examples: ["swarmctl system df", "swarmctl system df --all-nodes", "swarmctl system df -v --node host2"],
    load: () => import("./df.ts"),
  },
  EVENTS,
  INFO,
  {
    name: "prune",
    summary: "Remove what nothing needs on a host",
    options: SYSTEM_PRUNE_OPTIONS,
    examples: ["swarmctl system prune --all --volumes", "swarmctl system prune --force --filter until=240h"],
    load: () => import("./prune.ts"),
  },
];
