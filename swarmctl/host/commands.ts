import type { CommandSpec } from "../command-spec.ts";
import { INFO_OPTIONS, VERSION_OPTIONS } from "./options.ts";

export const HOST_COMMANDS: readonly CommandSpec[] = [
  {
    name: "info",
    summary: "Show what the daemon of this host knows",
    options: INFO_OPTIONS,
    examples: ["swarmctl info", "swarmctl info --format json"],
    load: () => import("./info.ts"),
  },
  {
    name: "version",
    summary: "Show the versions of swarmctl and of the daemon",
    options: VERSION_OPTIONS,
    examples: ["swarmctl version"],
    load: () => import("./version.ts"),
  },
];
