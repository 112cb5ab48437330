import { strict as assert } from "node:assert";
import type { Commit, ReadView } from "../../../manager/store/store-types.ts";
import { isHeldBack, serviceAt } from "../../../manager/tasks/canary.ts";
import { isLeaving } from "../../../manager/tasks/leaving.ts";
import { isLost, keepsOriginal } from "../../../manager/tasks/loss.ts";
import { replicasOf } from "../../../manager/tasks/replicas.ts";
import { serviceProgress } from "../../../manager/tasks/service-progress.ts";
import { parseConstraints } from "../../../shared/constraint.ts";
import { meetsConstraints } from "../../../shared/constraint-fit.ts";
import type { NodeId } from "../../../shared/ids.ts";
import { holdsResources, isBefore, isFinal, isRunnable } from "../../../shared/objects/task-state.ts";
import type { Service, Task } from "../../../shared/objects/types.ts";

/** What must hold after every commit. `mayMove`: some node was emptied or is being emptied, or tasks were moved. */
export function checkSafety(view: ReadView, commit: Commit, mayMove: boolean): void {
  const services = new Set(
    commit.changes.flatMap(({ kind, object }) =>
      kind === "task" ? [object.serviceId] : kind === "service" ? [object.id] : [],
    ),
  );
  for (const id of services) {
    const service = view.get("service", id);
    if (service === undefined) continue;
    checkSlots(view, service, mayMove);
    checkCanary(view, service);
    checkProgress(view, service);
  }
  for (const change of commit.changes) {
    const isAssignment =
      change.kind === "task" &&
      change.action === "update" &&
      change.object.status.state === "ASSIGNED" &&
      change.old?.status.state === "PENDING";
    if (isAssignment) checkPlacement(view, change.object);
    if (change.kind === "task" && change.object.nodeId !== "") checkGeneric(view, change.object.nodeId as NodeId);
  }
  checkAddresses(view);
}

/** At most one task of a slot is wanted to run; two while a new one is started first. */
function checkSlots(view: ReadView, service: Service, mayMove: boolean): void {
  const { mode, update } = service.spec;
  const most = update?.order === "START_FIRST" || (mayMove && mode === "replicated") ? 2 : 1;
  const counts = new Map<string, number>();
  for (const task of view.tasksOfService(service.id).filter(isRunnable)) {
    const key = `${task.jobIteration ?? ""}/${task.slot === 0 ? task.nodeId : task.slot}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    assert(count <= most, `slot ${key} of ${service.spec.annotations.name} has ${count} runnable tasks`);
  }
}

/** Nothing is made of a spec that is only tried, but in the slots that try it. */
function checkCanary(view: ReadView, service: Service): void {
  if (service.canary === null) return;
  for (const task of view.tasksOfService(service.id)) {
    if (task.generation !== service.generation) continue;
    const { slot, nodeId } = task;
    assert(!isHeldBack(service, task), `slot ${slot}${nodeId} is held back, and has a task of the spec that is tried`);
  }
}

/** Nobody is told "converged" while a task is missing, too many, of another spec, or does not serve the ports. */
function checkProgress(view: ReadView, service: Service): void {
  const { converged, running, wanted } = serviceProgress(view, service.id);
  // What a job's end means is checked in jobs.test.ts.
  if (!converged || service.jobStatus !== null) return;
  const { spec } = service;
  const isCounted = ({ nodeId }: Task): boolean =>
    spec.mode === "replicated" || view.get("node", nodeId)?.spec.availability === "ACTIVE";
  const wantedTasks = view.tasksOfService(service.id).filter((task) => isRunnable(task) && isCounted(task));
  // A task that leaves its node and its successor count once, as the one that has come further.
  const tasks = wantedTasks.filter(
    (task) =>
      !wantedTasks.some(
        (other) =>
          other.slot === task.slot &&
          (mayWaitFor(view, task, other) ||
            isOvertakenBy(view, task, other) ||
            isStoodInFor(view, service, task, other)),
      ),
  );
  const name = spec.annotations.name;
  assert.equal(running, wanted, `${name} is told to have converged`);
  assert.equal(tasks.length, wanted, `${name} is told to have converged with ${wanted} tasks`);
  if (spec.mode === "replicated") assert.equal(wanted, replicasOf(service));
  for (const task of tasks) {
    const { status, spec: has, endpoint } = task;
    const wantedHere = serviceAt(service, task).spec.task;
    const ports = endpoint?.ports.map(({ targetPort }) => targetPort);
    assert.deepEqual(
      [status.state, has.container.image, has.forceUpdate, ports],
      [
        "RUNNING",
        wantedHere.container.image,
        wantedHere.forceUpdate,
        (spec.endpoint?.ports ?? []).map(({ targetPort }) => targetPort),
      ],
      `a task of ${name}, which is told to have converged`,
    );
  }
}

/** Whether `task` was lost with its host and `other` stands in for it, until one of them goes. */
function isStoodInFor(view: ReadView, service: Service, task: Task, other: Task): boolean {
  if (!keepsOriginal(service) || other === task) return false;
  return isLost(view, task) || (!isLost(view, other) && task.meta.createdAtMs < other.meta.createdAtMs);
}

/** Whether `leaving` had not come to run yet on the node that it leaves when `heir` was there. */
function isOvertakenBy(view: ReadView, leaving: Task, heir: Task): boolean {
  return isLeaving(view, leaving) && leaving.status.state !== "RUNNING" && heir !== leaving && !isLeaving(view, heir);
}

/** Whether `heir` is there only because `leaving` leaves its node. */
function mayWaitFor(view: ReadView, heir: Task, leaving: Task): boolean {
  return isLeaving(view, leaving) && leaving.status.state === "RUNNING" && heir !== leaving && !isLeaving(view, heir);
}

/** A task goes only to a node that may have it and has room for it. */
function checkPlacement(view: ReadView, task: Task): void {
  const node = task.nodeId === "" ? undefined : view.get("node", task.nodeId);
  assert(node !== undefined, `task ${task.id} is assigned to a node that does not exist`);
  assert(meetsConstraints(node, parseConstraints(task.spec.placement?.constraints ?? [])), "constraints hold");
  const held = view
    .tasksOfNode(node.id)
    .filter((other) => holdsResources(other) && !isBefore(other.status.state, "ASSIGNED"));
  const memory = held.reduce((sum, { spec }) => sum + (spec.reservations?.memoryBytes ?? 0), 0);
  assert(memory <= (node.description?.resources?.memoryBytes ?? 0), `node ${node.id} is over its memory`);
}

/** A named resource of a node has one owner until that one is over; a placed task has all that it asked for. */
function checkGeneric(view: ReadView, nodeId: NodeId): void {
  const has = view.get("node", nodeId)?.description?.resources?.generic ?? [];
  const owners = new Map<string, string>();
  for (const task of view.tasksOfNode(nodeId).filter((each) => holdsResources(each))) {
    if (isBefore(task.status.state, "ASSIGNED")) continue;
    for (const { kind, value } of task.spec.reservations?.generic ?? []) {
      const given = task.genericResources.find((each) => each.kind === kind);
      assert.equal(given?.names.length, value, `task ${task.id} has the ${kind} it asked for`);
    }
    for (const { kind, names } of task.genericResources) {
      for (const name of names) {
        const key = `${kind}=${name}`;
        assert.equal(owners.get(key) ?? task.id, task.id, `${key} of node ${nodeId} is given to two tasks`);
        assert(
          has.some((each) => each.kind === kind && each.names.includes(name)),
          `node ${nodeId} has ${key}`,
        );
        owners.set(key, task.id);
      }
    }
  }
}

/** No address and no published port has two owners. */
function checkAddresses(view: ReadView): void {
  const owners = new Map<string, string>();
  const claim = (what: string, owner: string): void => {
    assert.equal(owners.get(what) ?? owner, owner, `${what} has two owners`);
    owners.set(what, owner);
  };
  // Blocks of different networks may overlap, and on some networks nobody has an address.
  type Holder = { readonly networkId: string; readonly address: string };
  const claimAll = (held: readonly Holder[], owner: string): void => {
    for (const { networkId, address } of held) if (address !== "") claim(`${address} of network ${networkId}`, owner);
  };
  for (const node of view.all("node")) claimAll(node.attachments, node.id);
  for (const task of view.all("task")) if (!isFinal(task.status.state)) claimAll(task.networks, task.id);
  for (const service of view.all("service")) {
    claimAll(service.endpoint?.virtualIps ?? [], service.id);
    for (const port of service.endpoint?.ports ?? []) claim(`${port.publishedPort}/${port.protocol}`, service.id);
  }
}

/** What must hold when nothing fails any more and time has passed. */
export function checkConverged(view: ReadView, isUp: (nodeId: string) => boolean): void {
  const nodes = view.all("node").filter((node) => isUp(node.id) && node.spec.availability === "ACTIVE");
  for (const service of view.all("service")) {
    const name = service.spec.annotations.name;
    const tasks = view.tasksOfService(service.id);
    const running = tasks.filter((task) => isRunnable(task) && task.status.state === "RUNNING" && isUp(task.nodeId));
    const wanted = service.spec.mode === "global" ? nodes.length : (service.spec.replicated?.replicas ?? 0);
    assert.equal(running.length, wanted, `${name}: running on healthy nodes is what is wanted`);
    assert.equal(tasks.filter(isRunnable).length, wanted, `${name}: nothing else is wanted to run`);
    assert(serviceProgress(view, service.id).converged, `${name}: whoever waits for it is told so`);
    assert(
      running.every(({ spec }) => spec.container.image === service.spec.task.container.image),
      `${name}: is up to date`,
    );
    checkHistory(view, service);
  }
  for (const task of view.all("task")) {
    if (!isUp(task.nodeId)) continue;
    assert(view.get("service", task.serviceId) !== undefined, `task ${task.id} of no service is left`);
  }
}

function checkHistory(view: ReadView, service: Service): void {
  const limit = view.cluster().spec.taskHistoryRetentionLimit;
  const counts = new Map<string, number>();
  for (const task of view.tasksOfService(service.id)) {
    // What a lost host never reported stays until it is written off.
    if (!isFinal(task.status.state) && !isRunnable(task)) continue;
    const key = `${task.slot}/${service.spec.mode === "global" ? task.nodeId : ""}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [key, count] of counts) assert(count <= limit, `slot ${key}: ${count} tasks are kept`);
}
