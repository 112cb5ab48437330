import type { CommandSpec } from "../command-spec.ts";
import { SHORT_IMPORT_OPTIONS } from "./options.ts";

export const IMPORT_COMMAND: CommandSpec = {
  name: "import",
  args: "[file] [name]",
  summary: "Make here what a Docker Swarm has (--from), or an image from a tar of a root file system",
  options: SHORT_IMPORT_OPTIONS,
  examples: [
    "swarmctl import --from unix:///var/run/docker.sock --plan",
    "swarmctl import --from unix:///var/run/docker.sock",
    "curl -L URL | swarmctl import - base:1",
  ],
  load: () => import("./run.ts"),
};
