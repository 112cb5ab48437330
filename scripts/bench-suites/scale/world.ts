import { RaftStore } from "../../../manager/store/raft-store.ts";
import { StoreMachine } from "../../../manager/store/store-machine.ts";
import { Tables } from "../../../manager/store/tables.ts";
import type { RaftHandle } from "../../../raft/raft-handle.ts";
import type { NetworkId, NodeId } from "../../../shared/ids.ts";
import { silentLogger } from "../../../shared/log.ts";
import type { Network, Node, Service, Task } from "../../../shared/objects/types.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import {
  createCluster,
  createNetwork,
  createNode,
  createResources,
  createService,
  createSubnet,
  createTask,
  createTaskSpec,
  testId,
} from "../../../test/support/objects.ts";
import { TurningRaft } from "./turning-raft.ts";

/** As in a cluster that is well used: what grows with it is the number of nodes and services, not their size. */
const TASKS_PER_NODE = 20;
const TASKS_PER_SERVICE = 50;
const NODES_MIN = 100;
const MIB = 1024 ** 2;

export interface ScaleWorld {
  readonly store: RaftStore;
  readonly machine: StoreMachine;
  readonly raft: RaftHandle;
  readonly nodes: number;
  readonly tasks: number;
  readonly services: number;
  readonly tasksPerService: number;
}

/** A leader whose cluster runs that many tasks, as its store is. */
export function createScaleWorld(tasks: number, tasksPerService = TASKS_PER_SERVICE): ScaleWorld {
  const { tables, nodes, services } = createScaleTables(tasks, tasksPerService);
  const machine = new StoreMachine({ freeze: false, tables });
  const raft = new TurningRaft({ machine, autoCommit: false });
  const store = new RaftStore({ machine, raft, clock: systemClock, log: silentLogger, freeze: false });
  raft.becomeLeader();
  return { store, machine, raft, nodes, tasks, services, tasksPerService };
}

/** What the store of such a cluster holds. */
export function createScaleTables(
  tasks: number,
  tasksPerService = TASKS_PER_SERVICE,
): { readonly tables: Tables; readonly nodes: number; readonly services: number } {
  const nodes = Math.max(NODES_MIN, Math.ceil(tasks / TASKS_PER_NODE));
  const services = Math.ceil(tasks / tasksPerService);
  const tables = new Tables();
  const network = createNetwork("front", { subnets: [createSubnet("10.0.0.0/8")] });
  tables.put("cluster", createCluster());
  tables.put("network", network);
  for (let at = 0; at < nodes; at++) tables.put("node", nodeOf(at));
  for (let at = 0; at < services; at++) tables.put("service", serviceOf(at, tasksPerService, network));
  for (let at = 0; at < tasks; at++) {
    const service = tables.get("service", testId(`s${at % services}a`)) as Service;
    const slot = Math.floor(at / services) + 1;
    // A service on as many nodes as it has tasks, and each node with as many tasks as any other.
    const node = ((at % services) * tasksPerService + slot) % nodes;
    tables.put("task", taskOf(at, slot, service, nodeIdOf(node)));
  }
  return { tables, nodes, services };
}

export const nodeIdOf = (at: number): NodeId => testId<NodeId>(`n${at}a`);

export function nodeOf(at: number): Node {
  return createNode(`n${at}a`, {
    labels: { zone: `z${at % 3}` },
    resources: createResources({ nanoCpus: 64e9, memoryBytes: 256 * 1024 * MIB }),
  });
}

function serviceOf(at: number, replicas: number, network: Network): Service {
  const task = createTaskSpec({
    networks: [{ target: network.id, aliases: [], driverOptions: {} }],
    reservations: createResources({ nanoCpus: 1e7, memoryBytes: 64 * MIB }),
    restart: { condition: "ANY", delayMs: 0, maxAttempts: 0, windowMs: 0 },
  });
  const virtualIps = [{ networkId: network.id, address: addressOf(240, at), address6: "" }];
  const endpoint = { mode: "VIP" as const, ports: [], virtualIps };
  return createService(`s${at}a`, { task, replicas }, { endpoint });
}

function taskOf(at: number, slot: number, service: Service, nodeId: NodeId): Task {
  const networks = service.spec.task.networks.map(({ target }) => ({
    networkId: target as NetworkId,
    address: addressOf(0, at),
    address6: "",
    aliases: [],
  }));
  return createTask(`t${at}a`, service, { nodeId, slot, endpoint: service.endpoint, networks });
}

/** Virtual addresses come from the end of the block, those of tasks from its beginning. */
const addressOf = (second: number, at: number): string => `10.${second + (at >> 16)}.${(at >> 8) & 255}.${at & 255}/8`;
