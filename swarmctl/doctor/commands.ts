import type { CommandSpec } from "../command-spec.ts";
import { DOCTOR_OPTIONS } from "./options.ts";

export const DOCTOR_COMMANDS: readonly CommandSpec[] = [
  {
    name: "doctor",
    summary: "Examine the swarm: name what is broken and how to mend it (exit status 2)",
    options: DOCTOR_OPTIONS,
    examples: [
      "swarmctl doctor",
      "swarmctl doctor --local",
      "swarmctl doctor --format '{{.Result}}: {{.Mend}}'",
      "swarmctl doctor --quiet || notify-somebody",
    ],
    load: () => import("./run.ts"),
  },
];
