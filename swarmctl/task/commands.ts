import type { CommandSpec } from "../command-spec.ts";
import { INSPECT_OPTIONS, TASK_LIST_OPTIONS } from "../list-options.ts";
import { LOGS_OPTIONS } from "../service/options.ts";

export const TASK_COMMANDS: readonly CommandSpec[] = [
  {
    name: "ls",
    aliases: ["list"],
    summary: "List the tasks of the whole swarm and what went wrong",
    options: TASK_LIST_OPTIONS,
    examples: ["swarmctl task ls", "swarmctl task ls --no-trunc --filter desired-state=running"],
    load: () => import("./ls.ts"),
  },
  {
    name: "inspect",
    args: "<task...>",
    summary: "Show details of tasks, and why they do not run",
    options: INSPECT_OPTIONS,
    examples: ["swarmctl task inspect --pretty web.2", "swarmctl task inspect --format '{{.Status.Err}}' 1p5ze0bp2rxc"],
    load: () => import("./inspect.ts"),
  },
  {
    name: "logs",
    args: "<task>",
    summary: "Show the log of one task, on whatever host it runs or ran",
    options: LOGS_OPTIONS,
    examples: ["swarmctl task logs web.2", "swarmctl task logs -f --since 10m 1p5ze0bp2rxc"],
    load: () => import("../service/logs.ts"),
  },
];
