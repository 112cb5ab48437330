import type { CommandSpec } from "../command-spec.ts";
import { LOGS_OPTIONS } from "../service/options.ts";

export const TASK_COMMANDS: readonly CommandSpec[] = [
  {
    name: "logs",
    args: "<task>",
    summary: "Show the log of one task, on whatever host it runs or ran",
    options: LOGS_OPTIONS,
    examples: ["swarmctl task logs web.2", "swarmctl task logs -f --since 10m 1p5ze0bp2rxc"],
    load: () => import("../service/logs.ts"),
  },
];
