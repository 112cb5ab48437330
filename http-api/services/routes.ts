import { toDockerService } from "../../shared/docker-shape/service.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ServiceWithStatus } from "../../shared/rpc/gen/control.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import { type Answer, empty, json } from "../answer.ts";
import { checkFilters } from "../query.ts";
import { type Call, param, type Route } from "../route.ts";
import { swarmRoute } from "../swarm-route.ts";
import { serviceLogs } from "./logs.ts";
import { create, update } from "./write.ts";

const FILTERS = ["id", "label", "mode", "name", "runtime"];

export const serviceRoutes: readonly Route[] = [
  swarmRoute("GET", "/services", list),
  swarmRoute("POST", "/services/create", create),
  swarmRoute("GET", "/services/{ref}", inspect),
  swarmRoute("DELETE", "/services/{ref}", remove),
  swarmRoute("POST", "/services/{ref}/update", update),
  swarmRoute("GET", "/services/{ref}/logs", serviceLogs),
];

async function list({ backend, query, signal }: Call): Promise<Answer> {
  const filters = query.filters();
  checkFilters(filters, FILTERS);
  // There are no plugins, whose services this would choose.
  const runtimes = filters.get("runtime") ?? [];
  if (runtimes.length > 0 && !runtimes.includes("container")) return json([]);
  const { services } = await backend.control.listServices(
    {
      idPrefixes: filters.get("id") ?? [],
      namePrefixes: filters.get("name") ?? [],
      labels: filters.get("label") ?? [],
      modes: (filters.get("mode") ?? []).map(modeOf),
    },
    { signal },
  );
  const withDefaults = query.flag("insertDefaults");
  const withStatus = query.flag("status");
  return json(services.map((each) => shown(each, withDefaults, withStatus)));
}

async function inspect(call: Call): Promise<Answer> {
  const { service } = await call.backend.control.getService({ ref: param(call, "ref") }, { signal: call.signal });
  return json(toDockerService(mustHave(service, "the service of an answer"), call.query.flag("insertDefaults")));
}

async function remove(call: Call): Promise<Answer> {
  await call.backend.control.removeService({ ref: param(call, "ref") }, { signal: call.signal });
  return empty(200);
}

function shown(
  { service, runningTasks, desiredTasks, completedTasks }: ServiceWithStatus,
  withDefaults: boolean,
  withStatus: boolean,
) {
  return {
    ...toDockerService(mustHave(service, "the service of a list"), withDefaults),
    ...(withStatus
      ? { ServiceStatus: { RunningTasks: runningTasks, DesiredTasks: desiredTasks, CompletedTasks: completedTasks } }
      : {}),
  };
}

/** A mode by the word that people write; what is none matches nothing. */
function modeOf(word: string): string {
  return Object.entries(SERVICE_MODES).find(([, mode]) => mode.word === word)?.[0] ?? word;
}
