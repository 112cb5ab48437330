import type { CommandSpec } from "../command-spec.ts";
import { CP_OPTIONS, EXEC_OPTIONS, EXPORT_OPTIONS, PLACE_OPTIONS, STATS_OPTIONS } from "./options.ts";

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
  {
    name: "cp",
    args: "<source> <target>",
    summary: "Copy files out of a running container (CONTAINER:PATH PATH) or into it (PATH CONTAINER:PATH)",
    options: CP_OPTIONS,
    examples: [
      "swarmctl cp web.2:/var/log/nginx ./logs",
      "swarmctl cp nginx.conf web.2:/etc/nginx/",
      "swarmctl cp db.1:/var/lib/postgresql - | tar -t",
    ],
    load: () => import("./cp.ts"),
  },
  {
    name: "top",
    args: "<container> [ps-option...]",
    summary: "Show the processes of a container",
    options: PLACE_OPTIONS,
    stopAtArgument: true,
    examples: ["swarmctl top web.2", "swarmctl top web.2 -o pid,rss,args"],
    load: () => import("./top.ts"),
  },
  {
    name: "stats",
    args: "[container|service...]",
    summary: "Show what containers use, live: those named, or all of a host",
    options: STATS_OPTIONS,
    examples: ["swarmctl stats", "swarmctl stats web", "swarmctl stats --no-stream --format json --node host2"],
    load: () => import("./stats.ts"),
  },
  {
    name: "diff",
    args: "<container>",
    summary: "Show what a container has changed in its image's files",
    options: PLACE_OPTIONS,
    examples: ["swarmctl diff web.2"],
    load: () => import("./diff.ts"),
  },
  {
    name: "export",
    args: "<container>",
    summary: "Write all files of a container to a tar archive",
    options: EXPORT_OPTIONS,
    examples: ["swarmctl export web.2 > web.tar", "swarmctl export -o web.tar web.2"],
    load: () => import("./export.ts"),
  },
  {
    name: "port-forward",
    args: "<container> <[address:]local:remote...>",
    summary: "Lead ports of this host into a container, also ports that are not published",
    options: PLACE_OPTIONS,
    examples: ["swarmctl port-forward db.1 5432", "swarmctl port-forward web.2 127.0.0.1:8080:80"],
    load: () => import("./port-forward.ts"),
  },
];
