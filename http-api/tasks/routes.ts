import { toDockerTask } from "../../shared/docker-shape/task.ts";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { hasLabels } from "../../shared/objects/labels.ts";
import type { Network, Task, TaskState } from "../../shared/rpc/gen/objects.ts";
import { type Answer, json } from "../answer.ts";
import { jsonList } from "../json-list.ts";
import { checkFilters } from "../query.ts";
import { type Call, param, type Route } from "../route.ts";
import { taskLogs } from "../services/logs.ts";
import { swarmRoute } from "../swarm-route.ts";

const FILTERS = ["desired-state", "id", "label", "name", "node", "runtime", "service", "_up-to-date"];
/** The states that the CLI's users may ask for, and what else Docker takes. */
const DESIRED: ReadonlyMap<string, TaskState> = new Map([
  ["ready", "READY"],
  ["running", "RUNNING"],
  ["shutdown", "SHUTDOWN"],
  ["remove", "REMOVE"],
  ["complete", "COMPLETE"],
  ["accepted", "ACCEPTED"],
]);

export const taskRoutes: readonly Route[] = [
  swarmRoute("GET", "/tasks", list),
  swarmRoute("GET", "/tasks/{ref}", inspect),
  swarmRoute("GET", "/tasks/{ref}/logs", taskLogs),
];

async function list(call: Call): Promise<Answer> {
  const filters = call.query.filters();
  checkFilters(filters, FILTERS);
  const labels = filters.get("label") ?? [];
  const runtimes = filters.get("runtime") ?? [];
  if (runtimes.length > 0 && !runtimes.includes("container")) return json([]);
  const tasks = await tasksOf(call, {
    idPrefixes: filters.get("id") ?? [],
    namePrefixes: filters.get("name") ?? [],
    services: filters.get("service") ?? [],
    nodes: await nodesIn(call, filters.get("node") ?? []),
    desiredStates: (filters.get("desired-state") ?? []).map(stateOf),
    upToDate: (filters.get("_up-to-date") ?? []).includes("true"),
  });
  const items = tasks.filter((task) => hasLabels(labels, task.serviceAnnotations?.labels ?? {}));
  const networks = await networksOf(call, items);
  return jsonList({ items, textOf: (task) => JSON.stringify(toDockerTask(task, networks)) }, call);
}

async function inspect(call: Call): Promise<Answer> {
  const { task } = await call.backend.control.getTask({ ref: param(call, "ref") }, { signal: call.signal });
  const one = mustHave(task, "the task of an answer");
  return json(toDockerTask(one, await networksOf(call, [one])));
}

type Asked = Parameters<Call["backend"]["control"]["listTasks"]>[0];

/** None for a service or node that does not exist: its tasks may just have been removed with it. */
async function tasksOf({ backend, signal }: Call, asked: Asked): Promise<readonly Task[]> {
  try {
    return (await backend.control.listTasks(asked, { signal })).tasks;
  } catch (error) {
    if (error instanceof SwarmError && error.code === "notFound") return [];
    throw error;
  }
}

/** "self" is the node that is asked. */
async function nodesIn({ backend, signal }: Call, nodes: readonly string[]): Promise<readonly string[]> {
  if (!nodes.includes("self")) return nodes;
  const { nodeId } = await backend.local.info({}, { signal });
  return nodes.map((node) => (node === "self" ? nodeId : node));
}

/** The networks that they may be on, of which a task knows only the ids. */
async function networksOf({ backend, signal }: Call, tasks: readonly Task[]): Promise<ReadonlyMap<string, Network>> {
  const isOnAny = tasks.some(({ networks }) => networks.length > 0);
  const networks = isOnAny ? (await backend.control.listNetworks({}, { signal })).networks : [];
  return new Map(networks.map((network) => [network.id, network]));
}

function stateOf(word: string): TaskState {
  const state = DESIRED.get(word);
  if (state !== undefined) return state;
  const known = [...DESIRED.keys()].join(", ");
  throw new SwarmError("invalidArgument", `invalid filter 'desired-state=${word}': it is one of ${known}`);
}
