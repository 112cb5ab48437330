import type { CommandSpec, GroupSpec } from "../command-spec.ts";
import { LIST_OPTIONS } from "../list-options.ts";
import { LOGIN_OPTIONS } from "./options.ts";

const LOGIN: CommandSpec = {
  name: "login",
  args: "[registry]",
  summary: "Let the swarm pull from a registry that asks who is there (default: Docker Hub)",
  options: LOGIN_OPTIONS,
  examples: [
    "swarmctl login --username ci --password-stdin reg.example.com < token",
    "pass show reg/team | swarmctl login -u team --password-stdin reg.example.com/team",
  ],
  load: () => import("./login.ts"),
};
const LOGOUT: CommandSpec = {
  name: "logout",
  args: "[registry]",
  summary: "Make the swarm forget its login to a registry (default: Docker Hub)",
  examples: ["swarmctl logout reg.example.com"],
  load: () => import("./logout.ts"),
};
const LS: CommandSpec = {
  name: "ls",
  aliases: ["list"],
  summary: "List the swarm's logins; passwords are never shown",
  options: LIST_OPTIONS,
  examples: ["swarmctl registry ls", "swarmctl registry ls --format '{{.Registry}} {{.Username}}'"],
  load: () => import("./ls.ts"),
};

/** Docker's own words for them. */
export const LOGIN_COMMANDS: readonly CommandSpec[] = [LOGIN, LOGOUT];

export const REGISTRY_GROUP: GroupSpec = {
  name: "registry",
  summary: "Manage the swarm's logins to registries",
  commands: [LOGIN, LS, LOGOUT],
};
