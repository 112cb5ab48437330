import { toDockerNode } from "../../shared/docker-shape/node.ts";
import { readNodeJson } from "../../shared/docker-shape/node-json.ts";
import { tlsInfoOf } from "../../shared/docker-shape/tls-info.ts";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { hasLabels } from "../../shared/objects/labels.ts";
import type { Node, NodeRole } from "../../shared/rpc/gen/objects.ts";
import { type Answer, empty, json } from "../answer.ts";
import { requireJson } from "../body.ts";
import { checkFilters, type Filters } from "../query.ts";
import { type Call, param, type Route } from "../route.ts";
import { swarmRoute, versionOf } from "../swarm-route.ts";

const FILTERS = ["id", "label", "node.label", "membership", "name", "role"];
const ROLES: ReadonlyMap<string, NodeRole> = new Map([
  ["worker", "WORKER"],
  ["manager", "MANAGER"],
]);

export const nodeRoutes: readonly Route[] = [
  swarmRoute("GET", "/nodes", list),
  swarmRoute("GET", "/nodes/{ref}", inspect),
  swarmRoute("DELETE", "/nodes/{ref}", remove),
  swarmRoute("POST", "/nodes/{ref}/update", update),
];

async function list(call: Call): Promise<Answer> {
  const { backend, query, signal } = call;
  const filters = query.filters();
  checkFilters(filters, FILTERS);
  const { nodes } = await backend.control.listNodes(
    {
      idPrefixes: filters.get("id") ?? [],
      namePrefixes: filters.get("name") ?? [],
      labels: filters.get("node.label") ?? [],
      roles: (filters.get("role") ?? []).map(roleOf),
    },
    { signal },
  );
  const asked = nodes.filter((node) => isAsked(node, filters));
  return json(await shown(call, asked));
}

async function inspect(call: Call): Promise<Answer> {
  const { node } = await call.backend.control.getNode({ ref: param(call, "ref") }, { signal: call.signal });
  const [one] = await shown(call, [mustHave(node, "the node of an answer")]);
  return json(one);
}

async function remove(call: Call): Promise<Answer> {
  const { backend, query, signal } = call;
  await backend.control.removeNode({ ref: param(call, "ref"), force: query.flag("force") }, { signal });
  return empty(200);
}

async function update(call: Call): Promise<Answer> {
  const { control } = call.backend;
  const asked = readNodeJson(await requireJson(call.body));
  const version = versionOf(call, "node");
  const { node } = await control.getNode({ ref: param(call, "ref") }, { signal: call.signal });
  // Docker's clients do not know that a node can be emptied, and would call it off by setting a label.
  const evacuation = asked.availability === "PAUSE" ? (node?.spec?.evacuation ?? null) : null;
  await control.updateNode(
    { ref: param(call, "ref"), version, spec: { ...asked, evacuation } },
    { signal: call.signal },
  );
  return empty(200);
}

/** With the root that each node's certificate is of. */
async function shown({ backend, signal }: Call, nodes: readonly Node[]): Promise<readonly unknown[]> {
  if (nodes.length === 0) return [];
  const { cluster } = await backend.control.getCluster({}, { signal });
  return nodes.map((node) => toDockerNode(node, tlsInfoOf(cluster, node.certificateRoot)));
}

/** The filters that managers do not know: a node's labels of its engine, and whether it is accepted, which all are. */
function isAsked({ description }: Node, filters: Filters): boolean {
  const memberships = filters.get("membership") ?? [];
  const isMember = memberships.length === 0 || memberships.includes("accepted");
  return isMember && hasLabels(filters.get("label") ?? [], description?.engineLabels ?? {});
}

function roleOf(word: string): NodeRole {
  const role = ROLES.get(word);
  if (role === undefined) throw new SwarmError("invalidArgument", `invalid filter 'role=${word}': worker or manager`);
  return role;
}
