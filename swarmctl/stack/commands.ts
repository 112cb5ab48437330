import type { CommandSpec } from "../command-spec.ts";
import { LIST_OPTIONS, TASK_LIST_OPTIONS } from "../list-options.ts";
import { LOGS_OPTIONS } from "../service/options.ts";
import { CONFIG_OPTIONS, DEPLOY_OPTIONS, DIFF_OPTIONS, STACK_LS_OPTIONS, STACK_RM_OPTIONS } from "./options.ts";

export const STACK_COMMANDS: readonly CommandSpec[] = [
  {
    name: "deploy",
    aliases: ["up"],
    args: "<stack>",
    summary: "Create or change a stack from Compose files and wait until its services run",
    options: DEPLOY_OPTIONS,
    examples: [
      "swarmctl stack deploy -c compose.yaml shop",
      "swarmctl stack deploy -c compose.yaml -c production.yaml --prune --atomic shop",
      "generate-compose | swarmctl stack deploy -c - --detach shop",
    ],
    completes: "stack",
    load: () => import("./deploy.ts"),
  },
  {
    name: "diff",
    args: "<stack>",
    summary: "Show what a deployment would change; the exit status is 1 when it would change something",
    options: DIFF_OPTIONS,
    examples: ["swarmctl stack diff -c compose.yaml shop", "swarmctl stack diff --prune shop && echo in step"],
    completes: "stack",
    load: () => import("./diff.ts"),
  },
  {
    name: "config",
    args: "[stack]",
    summary: "Check Compose files and print them as one, in canonical form",
    options: CONFIG_OPTIONS,
    examples: ["swarmctl stack config -c compose.yaml", "swarmctl stack config -c a.yaml -c b.yaml --quiet"],
    load: () => import("./config.ts"),
  },
  {
    name: "ls",
    aliases: ["list"],
    summary: "List stacks",
    options: STACK_LS_OPTIONS,
    examples: ["swarmctl stack ls", "swarmctl stack ls --format json"],
    load: () => import("./ls.ts"),
  },
  {
    name: "services",
    args: "<stack>",
    summary: "List the services of a stack",
    options: LIST_OPTIONS,
    examples: ["swarmctl stack services shop", "swarmctl stack services --filter name=shop_web --quiet shop"],
    completes: "stack",
    load: () => import("./services.ts"),
  },
  {
    name: "ps",
    args: "<stack>",
    summary: "List the tasks of a stack and what went wrong",
    options: TASK_LIST_OPTIONS,
    examples: ["swarmctl stack ps shop", "swarmctl stack ps --no-trunc --filter desired-state=running shop"],
    completes: "stack",
    load: () => import("./ps.ts"),
  },
  {
    name: "logs",
    args: "<stack>",
    summary: "Show the logs of all services of a stack",
    options: LOGS_OPTIONS,
    examples: ["swarmctl stack logs -f shop", "swarmctl stack logs --tail 20 --since 10m shop"],
    completes: "stack",
    load: () => import("./logs.ts"),
  },
  {
    name: "rm",
    aliases: ["remove", "down"],
    args: "<stack...>",
    summary: "Remove stacks: their services, secrets, configs and networks, but no volumes",
    options: STACK_RM_OPTIONS,
    examples: ["swarmctl stack rm shop", "swarmctl stack rm --detach shop blog"],
    completes: "stack",
    load: () => import("./rm.ts"),
  },
];
