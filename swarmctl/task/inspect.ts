import { toRfc3339 } from "../../shared/docker-shape/common.ts";
import { toDockerTask } from "../../shared/docker-shape/task.ts";
import { resourceTexts } from "../../shared/generic-resources.ts";
import { taskError } from "../../shared/objects/priority.ts";
import { slotName } from "../../shared/objects/task-name.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Network, Node, Task } from "../../shared/rpc/gen/objects.ts";
import type { Cli, Run } from "../cli.ts";
import { ago } from "../format/age.ts";
import { type Field, prettyLines, printInspected, requireOneShape } from "../format/inspect.ts";
import type { INSPECT_OPTIONS } from "../list-options.ts";
import { nodesById, pretty, showFound } from "../names.ts";
import { findTask } from "./find.ts";
import { portText } from "./row.ts";

export const run: Run<typeof INSPECT_OPTIONS> = async (cli, args, flags) => {
  requireOneShape(flags);
  await showFound(
    args,
    (ref) => findTask(cli, ref),
    async (tasks) => {
      const networks = tasks.some((task) => task.networks.length > 0) ? await networksOf(cli) : new Map();
      if (!flags.is("pretty")) {
        const objects = tasks.map((task) => toDockerTask(task, networks));
        printInspected(objects, flags.text("format") ?? "", cli.output);
        return;
      }
      const world = { nowMs: cli.clock.wallNow(), nodes: await nodesById(cli), networks };
      for (const task of tasks) for (const line of prettyLines(taskFields(task, world))) cli.output.line(line);
    },
  );
};

/** The swarm's networks by id, which a task names by ids alone. */
export async function networksOf(cli: Cli): Promise<ReadonlyMap<string, Network>> {
  const control = await cli.api.control();
  const { networks } = await control.listNetworks({}, { signal: cli.signal });
  return new Map(networks.map((network) => [network.id, network]));
}

interface World {
  readonly nowMs: number;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly networks: ReadonlyMap<string, Network>;
}

/** What `task inspect --pretty` shows: first why it does not run, where it does not. */
function taskFields(task: Task, { nowMs, nodes, networks }: World): readonly Field[] {
  const { status } = task;
  const state = status?.state ?? "NEW";
  const isOver = isFinal(state);
  const leftMs = (task.notBeforeMs ?? 0) - nowMs;
  return [
    ["ID", task.id],
    ["Name", slotName(task)],
    ["Node", nodes.get(task.nodeId)?.description?.hostname ?? task.nodeId],
    [
      "Status",
      [
        ["State", `${pretty(state)} ${ago(status?.timestampMs ?? 0, nowMs)}`],
        ["Desired State", pretty(task.desiredState)],
        ["Message", status?.message ?? ""],
        ["Error", taskError(task)],
        ["Exit Code", isOver && status?.container != null ? String(status.container.exitCode) : ""],
        ["Starts", !isOver && leftMs > 0 ? `in ${Math.ceil(leftMs / 1_000)} seconds (backoff)` : ""],
      ],
    ],
    ["Created", toRfc3339(task.meta?.createdAtMs ?? 0)],
    ["Image", task.spec?.container?.image ?? ""],
    ["Spec", String(task.generation)],
    ["Run", task.jobIteration === undefined ? "" : String(task.jobIteration)],
    ["Container", status?.container?.containerId ?? ""],
    ["Networks", task.networks.map((each) => `${nameOf(networks, each.networkId)} ${each.address}`)],
    ["Ports", status?.hostPorts.map(portText) ?? []],
    ["Generic Resources", task.genericResources.flatMap(resourceTexts)],
  ];
}

const nameOf = (networks: World["networks"], id: string): string => networks.get(id)?.spec?.annotations?.name ?? id;
