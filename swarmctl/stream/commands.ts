import type { CommandSpec } from "../command-spec.ts";
import { EXEC_OPTIONS } from "./options.ts";

export const STREAM_COMMANDS: readonly CommandSpec[] = [
  {
    name: "exec",
    args: "<container> <command> [arg...]",
    summary: "Run a command in a running container, anywhere in the swarm",
    options: EXEC_OPTIONS,
    stopAtArgument: true,
    examples: [
      "swarmctl exec -it web.2 sh",
      "swarmctl exec -u postgres -w /var/lib/postgresql db.1 pg_dump shop > shop.sql",
      "swarmctl exec -i db.1 psql shop < schema.sql",
    ],
    load: () => import("./exec.ts"),
  },
];
