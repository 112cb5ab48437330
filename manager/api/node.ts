import { mustHave } from "../../shared/invariant.ts";
import { KINDS } from "../../shared/objects/kinds.ts";
import { hasLabels } from "../../shared/objects/labels.ts";
import { isBefore } from "../../shared/objects/task-state.ts";
import type { Node, NodeSpec, Task } from "../../shared/objects/types.ts";
import { revokeNode } from "../../shared/pki/revocation.ts";
import type { ListNodesRequest, RemoveNodeRequest, UpdateNodeRequest } from "../../shared/rpc/gen/control.ts";
import type { Evacuation, NodeSpec as WireNodeSpec } from "../../shared/rpc/gen/objects.ts";
import { check, refuse } from "../../shared/spec-checks/refuse.ts";
import { validateLabels } from "../../shared/spec-checks/validate-annotations.ts";
import { batch } from "../store/batch.ts";
import type { ReadView } from "../store/store-types.ts";
import { updateExpecting } from "../store/version-check.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { anyOrNone, isAskedFor } from "./filters.ts";
import { remainderWithout, withManagerStatus } from "./manager-status.ts";
import { findObject } from "./reference.ts";

/** Of people's time for emptying a node, in milliseconds: less empties nothing, more is forgotten. */
const EVACUATION_MS_MIN = 1_000;
const EVACUATION_MS_MAX = 7 * 86_400_000;

/** @throws SwarmError invalidArgument when the spec is missing or wrong. */
function takeSpec(wire: WireNodeSpec | null, nowMs: number): NodeSpec {
  check(wire !== null, "the request holds no node spec");
  const spec: NodeSpec = { ...wire, annotations: wire.annotations ?? { name: "", labels: {} } };
  validateLabels("node", spec.annotations);
  if (spec.evacuation === null) return spec;
  const { timeoutMs } = spec.evacuation;
  check(spec.availability === "PAUSE", "a node that is being emptied is paused: its availability must be pause");
  check(
    timeoutMs >= EVACUATION_MS_MIN && timeoutMs <= EVACUATION_MS_MAX,
    `invalid time to empty a node, ${timeoutMs} ms: it must be from a second to seven days`,
  );
  return { ...spec, evacuation: { timeoutMs, startedAtMs: nowMs } };
}

export async function getNode(api: ApiContext, ref: string): Promise<Node> {
  return withManagerStatus(findObject(await readCommitted(api), "node", ref), api.raft.status());
}

export async function listNodes(api: ApiContext, filter: ListNodesRequest): Promise<readonly Node[]> {
  const view = await readCommitted(api);
  const raft = api.raft.status();
  return view
    .all("node")
    .filter(
      (node) =>
        isAskedFor("node", node, filter) &&
        hasLabels(filter.labels, node.spec.annotations.labels) &&
        anyOrNone(filter.roles, (role) => role === node.role),
    )
    .map((node) => withManagerStatus(node, raft));
}

/**
 * Changes what people want of a node. This only sets the desired role; the role loop brings it about.
 * @throws SwarmError notFound, invalidArgument, aborted; failedPrecondition when managers would be lost.
 */
export async function updateNode(api: ApiContext, request: UpdateNodeRequest): Promise<Node> {
  const asked = takeSpec(request.spec, api.clock.wallNow());
  const { id } = findObject(await readCommitted(api), "node", request.ref);
  await updateExpecting(api.store, "update node", { kind: "node", id, version: request.version }, (tx, node) => {
    const spec = { ...asked, evacuation: continued(node.spec.evacuation, asked.evacuation) };
    if (node.spec.desiredRole === "MANAGER" && spec.desiredRole === "WORKER") checkDemotion(api, tx, node);
    tx.update("node", { ...node, spec });
  });
  return withManagerStatus(mustHave(api.store.view().get("node", id), `node ${id}`), api.raft.status());
}

/**
 * Forgets a node: its certificate is not accepted any more, and its tasks count as lost.
 * @throws SwarmError notFound; failedPrecondition for a manager, and for a ready node without force.
 */
export async function removeNode(api: ApiContext, request: RemoveNodeRequest): Promise<void> {
  const nowMs = api.clock.wallNow();
  const orphans = await api.store.update("remove node", (tx) => {
    const node = findObject(tx, "node", request.ref);
    checkRemoval(api, node, request.force);
    tx.remove("node", node.id);
    tx.update("cluster", revokeNode(tx.cluster(), node.id, nowMs));
    return tx.tasksOfNode(node.id).map(({ id }) => id);
  });
  // The node is already gone, so nothing new is placed there; if this stops halfway, the orchestrators see tasks on a
  // node that does not exist and replace them all the same.
  await batch(api.store, "orphan tasks of a removed node", orphans, (tx, id) => {
    const task = tx.get("task", id);
    if (task !== undefined && isBefore(task.status.state, "COMPLETE")) tx.update("task", orphaned(task, nowMs));
  });
}

/** Asking again for what is under way does not start the time anew, as whoever changes a label would. */
function continued(old: Evacuation | null, asked: Evacuation | null): Evacuation | null {
  return old !== null && old.timeoutMs === asked?.timeoutMs ? old : asked;
}

function checkRemoval(api: ApiContext, node: Node, force: boolean): void {
  const name = KINDS.node.nameOf(node) || node.id;
  const isMember = api.raft.status().members.some(({ nodeId }) => nodeId === node.id);
  if (isMember || node.role === "MANAGER" || node.spec.desiredRole === "MANAGER") {
    refuse("failedPrecondition", `node ${name} is a manager: demote it to a worker before you remove it`);
  }
  if (node.status.state === "READY" && !force) {
    refuse(
      "failedPrecondition",
      `node ${name} is not down and cannot be removed: let it leave first (run \`swarmctl leave\` there), or use --force`,
    );
  }
}

function checkDemotion(api: ApiContext, view: ReadView, node: Node): void {
  const name = KINDS.node.nameOf(node) || node.id;
  const managers = view.all("node").filter(({ spec }) => spec.desiredRole === "MANAGER");
  if (managers.length <= 1) {
    refuse(
      "failedPrecondition",
      `attempting to demote the last manager of the swarm (${name}): promote another node first`,
    );
  }
  const raft = api.raft.status();
  const member = raft.members.find(({ nodeId }) => nodeId === node.id);
  if (member === undefined) return;
  const rest = remainderWithout(member.raftId, raft);
  if (!rest.hasQuorum) {
    refuse(
      "failedPrecondition",
      `demoting node ${name} would lose quorum: only ${rest.reachable} of the ${rest.members} other managers can be reached`,
    );
  }
}

function orphaned(task: Task, nowMs: number): Task {
  return {
    ...task,
    status: {
      ...task.status,
      state: "ORPHANED",
      message: "its node was removed",
      timestampMs: nowMs,
      appliedAtMs: nowMs,
    },
  };
}
