import type { CommandSpec } from "../command-spec.ts";
import { DOCKER_ENV_OPTIONS, INFO_OPTIONS, VERSION_OPTIONS } from "./options.ts";

/** Below `system` as well, as in Docker. */
export const INFO: CommandSpec = {
  name: "info",
  summary: "Show what the daemon of this host knows",
  options: INFO_OPTIONS,
  examples: ["swarmctl info", "swarmctl info --format json"],
  load: () => import("./info.ts"),
};

export const HOST_COMMANDS: readonly CommandSpec[] = [
  INFO,
  {
    name: "docker-env",
    summary: "Print what makes docker's command line speak to this host's swarmd",
    options: DOCKER_ENV_OPTIONS,
    examples: ['eval "$(swarmctl docker-env)"', "swarmctl docker-env --shell fish | source"],
    load: () => import("./docker-env.ts"),
  },
  {
    name: "version",
    summary: "Show the versions of swarmctl and of the daemon",
    options: VERSION_OPTIONS,
    examples: ["swarmctl version"],
    load: () => import("./version.ts"),
  },
];
