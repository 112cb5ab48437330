import type { CommandSpec } from "../command-spec.ts";
import { LIST_OPTIONS, TASK_LIST_OPTIONS } from "../list-options.ts";
import { CREATE_OPTIONS, INSPECT_OPTIONS, LOGS_OPTIONS, UPDATE_OPTIONS, WAIT_OPTIONS } from "./options.ts";

export const SERVICE_COMMANDS: readonly CommandSpec[] = [
  {
    name: "create",
    args: "<image> [command...]",
    summary: "Create a service and wait until it runs",
    options: [...CREATE_OPTIONS, ...WAIT_OPTIONS],
    stopAtArgument: true,
    examples: [
      "swarmctl service create --name myweb --replicas 2 -p 80:80 nginx",
      "swarmctl service create --name agent --mode global --mount type=bind,source=/proc,target=/host/proc,ro alpine top",
      "swarmctl service create --name db --constraint node.labels.disk==ssd --limit-memory 512m --env PASSWORD=x postgres",
    ],
    load: () => import("./create.ts"),
  },
  {
    name: "ls",
    alias: "list",
    summary: "List services",
    options: LIST_OPTIONS,
    examples: ["swarmctl service ls", "swarmctl service ls --filter mode=global --quiet"],
    load: () => import("./ls.ts"),
  },
  {
    name: "ps",
    args: "<service...>",
    summary: "List the tasks of services, with what went wrong",
    options: TASK_LIST_OPTIONS,
    examples: ["swarmctl service ps myweb", "swarmctl service ps --no-trunc --filter desired-state=running myweb"],
    completes: "service",
    load: () => import("./ps.ts"),
  },
  {
    name: "inspect",
    args: "<service...>",
    summary: "Show everything about services",
    options: INSPECT_OPTIONS,
    examples: [
      "swarmctl service inspect --pretty myweb",
      "swarmctl service inspect --format '{{json .Endpoint}}' myweb",
    ],
    completes: "service",
    load: () => import("./inspect.ts"),
  },
  {
    name: "scale",
    args: "<service=replicas...>",
    summary: "Change how many replicas services have",
    options: WAIT_OPTIONS,
    examples: ["swarmctl service scale myweb=5", "swarmctl service scale web=3 api=2"],
    completes: "service",
    load: () => import("./scale.ts"),
  },
  {
    name: "update",
    args: "<service>",
    summary: "Change a service and wait until it runs as wanted",
    options: [...UPDATE_OPTIONS, ...WAIT_OPTIONS],
    examples: [
      "swarmctl service update --image nginx:1.22 myweb",
      "swarmctl service update --env-add DEBUG=1 --publish-add 8080:80 myweb",
      "swarmctl service update --force myweb",
    ],
    completes: "service",
    load: () => import("./update.ts"),
  },
  {
    name: "rm",
    alias: "remove",
    args: "<service...>",
    summary: "Remove services and stop their tasks",
    examples: ["swarmctl service rm myweb"],
    completes: "service",
    load: () => import("./rm.ts"),
  },
  {
    name: "logs",
    args: "<service|task>",
    summary: "Show the logs of a service or a task",
    options: LOGS_OPTIONS,
    examples: ["swarmctl service logs -f myweb", "swarmctl service logs --tail 20 --since 10m myweb"],
    completes: "service",
    load: () => import("./logs.ts"),
  },
];
