import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { toDockerLocalNetwork, toDockerNetwork } from "../../shared/docker-shape/network.ts";
import { hasLabel } from "../../shared/objects/labels.ts";
import { driverOf, isPredefined, scopeOf } from "../../shared/objects/network.ts";
import type { Service, Task } from "../../shared/rpc/gen/objects.ts";
import { type Answer, json } from "../answer.ts";
import { filterFlag } from "../filter-values.ts";
import { checkFilters, type Filters } from "../query.ts";
import { type Call, param } from "../route.ts";
import { allNetworks, findNetwork, type Known, ofSwarm } from "./known-networks.ts";

const FILTERS = ["dangling", "driver", "id", "label", "name", "scope", "type"];

const NOBODY = { tasks: [], guests: [] };

/** Who is on them is told by inspect alone, as dockerd has it. */
export async function list(call: Call): Promise<Answer> {
  const filters = call.query.filters();
  checkFilters(filters, FILTERS);
  const dangling = filterFlag(filters, "dangling");
  const [known, unused] = await Promise.all([allNetworks(call), dangling === undefined ? null : unusedOfSwarm(call)]);
  const isDangling = (one: Known): boolean =>
    one.kind === "local" ? one.network.users === 0 : unused?.has(one.network.id) === true;
  const shown = known.filter((one) => matches(one, filters) && (dangling ?? isDangling(one)) === isDangling(one));
  return json(
    shown.map((one) =>
      one.kind === "local"
        ? toDockerLocalNetwork({ ...one.network, members: [] })
        : toDockerNetwork(one.network, NOBODY, null),
    ),
  );
}

/** With the containers on it and, where `verbose` says so, the services. */
export async function inspect(call: Call): Promise<Answer> {
  const { query } = call;
  const known = await findNetwork(call, param(call, "id"), query.text("scope"));
  if (known.kind === "local") return json(toDockerLocalNetwork(known.network));
  return json(await toDockerSwarmNetwork(call, known, query.flag("verbose")));
}

async function toDockerSwarmNetwork(
  { backend: { control }, signal }: Call,
  { network }: Extract<Known, { kind: "swarm" }>,
  isVerbose: boolean,
): Promise<DockerJson> {
  const tasks = await ofSwarm(() => control.listTasks({}, { signal }));
  const services = isVerbose ? await ofSwarm(() => control.listServices({}, { signal })) : null;
  const found = services?.services.flatMap(({ service }): readonly Service[] => (service === null ? [] : [service]));
  const known = await ofSwarm(() => control.getNetwork({ ref: network.id }, { signal }).catch(() => null));
  const on = { tasks: (tasks?.tasks ?? []) as readonly Task[], guests: known?.guests ?? [] };
  return toDockerNetwork(network, on, found ?? null);
}

/** Ids of the swarm's networks that nobody uses. */
async function unusedOfSwarm({ backend, signal }: Call): Promise<ReadonlySet<string>> {
  const answer = await ofSwarm(() => backend.control.listNetworks({ dangling: true }, { signal }));
  return new Set(answer?.networks.map(({ id }) => id));
}

function matches({ network }: Known, filters: Filters): boolean {
  const { id, spec } = network;
  const name = spec?.annotations?.name ?? "";
  const driver = driverOf(spec ?? { driver: "" });
  const type = spec !== null && isPredefined(spec) ? "builtin" : "custom";
  const one = (key: string, fits: (word: string) => boolean): boolean => {
    const words = filters.get(key) ?? [];
    return words.length === 0 || words.some(fits);
  };
  return (
    one("id", (word) => id.includes(word)) &&
    one("name", (word) => name.includes(word)) &&
    one("driver", (word) => word === driver) &&
    one("scope", (word) => word === scopeOf({ driver })) &&
    one("type", (word) => word === type) &&
    (filters.get("label") ?? []).every((label) => hasLabel(spec?.annotations?.labels ?? {}, label))
  );
}
