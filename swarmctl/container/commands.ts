import type { CommandSpec, Runnable } from "../command-spec.ts";
import { STREAM_COMMANDS } from "../stream/commands.ts";
import {
  COMMIT_OPTIONS,
  CONTAINER_INSPECT_OPTIONS,
  KILL_OPTIONS,
  NODE_OPTIONS,
  PRUNE_OPTIONS,
  PS_OPTIONS,
  RM_OPTIONS,
  START_OPTIONS,
  STOP_OPTIONS,
  UPDATE_OPTIONS,
} from "./options.ts";

type Lifecycle = typeof import("./lifecycle.ts");
const lifecycle = (name: keyof Lifecycle) => async (): Promise<Runnable> => ({
  run: (await import("./lifecycle.ts"))[name] as Runnable["run"],
});

const of = (name: keyof Lifecycle, summary: string, example: string, rest: Partial<CommandSpec> = {}): CommandSpec => ({
  name,
  args: "<container...>",
  summary,
  options: NODE_OPTIONS,
  examples: [example],
  load: lifecycle(name),
  ...rest,
});

const RUN: CommandSpec = {
  name: "run",
  args: "<image> [command...]",
  summary: "Make a container on this host and start it; with --cluster, on any node of the swarm",
  options: async () => (await import("./run-options.ts")).RUN_OPTIONS,
  stopAtArgument: true,
  examples: [
    "swarmctl run -d --name web -p 8080:80 nginx",
    "swarmctl run --rm -it debian bash",
    "tar -c site | swarmctl run --rm -i busybox tar -t",
    "swarmctl run -d --restart unless-stopped -v data:/data --memory 512m postgres",
    "swarmctl run --cluster --rm --constraint node.labels.disk==ssd shop:2 migrate",
  ],
  load: () => import("./run.ts"),
};
const PS: CommandSpec = {
  name: "ps",
  summary: "List the containers of this host",
  options: PS_OPTIONS,
  examples: ["swarmctl ps -a", "swarmctl ps --filter name=web --format '{{.Names}} {{.Status}}'"],
  load: () => import("./ps.ts"),
};
const CREATE: CommandSpec = {
  name: "create",
  args: "<image> [command...]",
  summary: "Make a container on this host without starting it",
  options: async () => (await import("./run-options.ts")).CREATE_OPTIONS,
  stopAtArgument: true,
  examples: ["swarmctl create --name web -p 8080:80 nginx"],
  load: () => import("./create.ts"),
};
const INSPECT: CommandSpec = {
  name: "inspect",
  args: "<container...>",
  summary: "Show details of containers",
  options: CONTAINER_INSPECT_OPTIONS,
  examples: ["swarmctl container inspect web", "swarmctl container inspect --format '{{.State.Status}}' web"],
  load: () => import("./inspect.ts"),
};
const COMMIT: CommandSpec = {
  name: "commit",
  args: "<container> [name]",
  summary: "Make an image of what a container has changed",
  options: COMMIT_OPTIONS,
  examples: ["swarmctl commit web shop:hotfix", "swarmctl commit -c 'CMD [\"/bin/serve\"]' -m 'as it ran' web shop:2"],
  load: () => import("./commit.ts"),
};
const START: CommandSpec = {
  name: "start",
  args: "<container...>",
  summary: "Start containers that do not run",
  options: START_OPTIONS,
  examples: ["swarmctl start web", "swarmctl start -a -i shell"],
  load: () => import("./start.ts"),
};
const COMMON: readonly CommandSpec[] = [
  START,
  of("stop", "Stop containers: stop signal, grace period, SIGKILL", "swarmctl stop -t 30 web", {
    options: STOP_OPTIONS,
  }),
  of("restart", "Stop and start containers", "swarmctl restart web", { options: STOP_OPTIONS }),
  of("kill", "Send a signal to containers", "swarmctl kill -s HUP web", { options: KILL_OPTIONS }),
  of("rm", "Remove containers", "swarmctl rm -f web", { options: RM_OPTIONS, aliases: ["remove"] }),
  of("pause", "Hold all processes of containers", "swarmctl pause web"),
  of("unpause", "Let the processes of paused containers go on", "swarmctl unpause web"),
  of("wait", "Wait until containers end, and print their exit codes", "swarmctl wait web"),
  of("rename", "Give a container another name", "swarmctl rename web web-old", { args: "<container> <name>" }),
  of("port", "Show which ports of the host lead to a container", "swarmctl port web 80", {
    args: "<container> [port]",
  }),
];
const UPDATE = of("update", "Change limits and restart policy of containers", "swarmctl container update -m 1g web", {
  options: UPDATE_OPTIONS,
});

/** Docker's short forms. `update` is the swarm's, and `inspect` is for objects of all kinds. */
export const CONTAINER_SHORT_COMMANDS: readonly CommandSpec[] = [RUN, PS, CREATE, ...COMMON, COMMIT];

export const CONTAINER_COMMANDS: readonly CommandSpec[] = [
  RUN,
  { ...PS, name: "ls", aliases: ["ps"] },
  CREATE,
  ...COMMON,
  COMMIT,
  UPDATE,
  INSPECT,
  // Docker has these below the noun as well; they find a container wherever it runs.
  ...STREAM_COMMANDS,
  {
    name: "prune",
    summary: "Remove all containers that do not run",
    options: PRUNE_OPTIONS,
    examples: ["swarmctl container prune --filter until=24h"],
    load: () => import("./prune.ts"),
  },
];
