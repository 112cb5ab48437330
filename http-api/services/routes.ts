import { toDockerService } from "../../shared/docker-shape/service.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { ServiceWithStatus } from "../../shared/rpc/gen/control.ts";
import type { Service } from "../../shared/rpc/gen/objects.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import { type Answer, empty, json } from "../answer.ts";
import { jsonList } from "../json-list.ts";
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

async function list({ backend, query, signal, clock }: Call): Promise<Answer> {
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
  const textOf = (each: ServiceWithStatus): string => textOfService(each, withDefaults, withStatus);
  return jsonList({ items: services, textOf }, { clock, signal });
}

async function inspect(call: Call): Promise<Answer> {
  const { service } = await call.backend.control.getService({ ref: param(call, "ref") }, { signal: call.signal });
  return json(toDockerService(mustHave(service, "the service of an answer"), call.query.flag("insertDefaults")));
}

async function remove(call: Call): Promise<Answer> {
  await call.backend.control.removeService({ ref: param(call, "ref") }, { signal: call.signal });
  return empty(200);
}

function textOfService(
  { service, runningTasks, desiredTasks, completedTasks }: ServiceWithStatus,
  withDefaults: boolean,
  withStatus: boolean,
): string {
  const known = mustHave(service, "the service of a list");
  const text = withDefaults ? JSON.stringify(toDockerService(known)) : plainText(known);
  if (!withStatus) return text;
  const status = { RunningTasks: runningTasks, DesiredTasks: desiredTasks, CompletedTasks: completedTasks };
  return `${text.slice(0, -1)},"ServiceStatus":${JSON.stringify(status)}}`;
}

/**
 * A service without defaults, as lists have it. Remembered for as long as the service is the same object, which on the
 * leader is until it changes: programs that follow a swarm ask for the whole list every few seconds.
 */
function plainText(service: Service): string {
  let text = plainTexts.get(service);
  if (text === undefined) {
    text = JSON.stringify(toDockerService(service, false));
    plainTexts.set(service, text);
  }
  return text;
}

const plainTexts = new WeakMap<Service, string>();

/** A mode by the word that people write; what is none matches nothing. */
function modeOf(word: string): string {
  return Object.entries(SERVICE_MODES).find(([, mode]) => mode.word === word)?.[0] ?? word;
}
