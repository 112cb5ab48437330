/** Network tables of large clusters, in one process: what a change costs the leader, the wire and a host. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WAKE_SLICE } from "../../manager/dispatcher/wake-queue.ts";
import type { NodeId } from "../../shared/ids.ts";
import type { Network, Task } from "../../shared/objects/types.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import {
  createCluster,
  createNetwork,
  createNode,
  createService,
  createTask,
  createTaskSpec,
  testId,
} from "../../test/support/objects.ts";
import { TableSession, TableWorld } from "../../test/support/table-world.ts";
import { LevelAgentDatabase } from "../../worker/ports/level-agent-database.ts";
import { type Figure, figure } from "./figure.ts";

const LOOP_MS_MAX = 10;
const CHANGES = 50;
const MOST = 0.98;
const addressOf = (at: number): string => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/8`;
const nodeOf = (at: number): NodeId => testId<NodeId>(`n${at}a`);
const attachment = (network: Network, at: number) => [
  { networkId: network.id, address: addressOf(at), address6: "", aliases: [] },
];

/** Time passes in turns, each measured. */
class TurnClock implements Clock {
  readonly turnsMs: number[] = [];
  #due: (() => void)[] = [];

  now = (): number => systemClock.now();
  wallNow = (): number => systemClock.wallNow();

  schedule(_delayMs: number, _label: string, action: () => void): Disposable {
    this.#due.push(action);
    return {
      [Symbol.dispose]: () => {
        this.#due = this.#due.filter((one) => one !== action);
      },
    };
  }

  runAll(): void {
    for (let action = this.#due.shift(); action !== undefined; action = this.#due.shift()) {
      this.turnsMs.push(msOf(action));
    }
  }
}

/** Of processor time, so that other programs do not count. */
function msOf(action: () => void): number {
  const began = process.threadCpuUsage();
  action();
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
}

/** Without the few in which the heap was collected, or a large map grew. */
function mostOf(samples: readonly number[]): readonly number[] {
  return [...samples].sort((a, b) => a - b).slice(0, Math.ceil(samples.length * MOST));
}

interface Size {
  readonly network: Network;
  readonly nodes: number;
  readonly tasks: number;
  readonly services: number;
}

function taskOf({ network, nodes, services }: Size, at: number, part: Partial<Task> = {}): Task {
  const service = createService(`s${at % services}a`);
  return createTask(`t${at}a`, service, {
    nodeId: nodeOf(at % nodes),
    slot: at,
    networks: attachment(network, at),
    ...part,
  });
}

function worldOf(size: Size, clock: Clock): TableWorld {
  const { network, nodes, tasks, services } = size;
  return new TableWorld((put) => {
    put("cluster", createCluster());
    put("network", network);
    for (let at = 0; at < nodes; at++) {
      const attachments = network.spec.ingress ? attachment(network, at) : [];
      put("node", { ...createNode(`n${at}a`), attachments } as never);
    }
    const task = createTaskSpec({ networks: [{ target: network.id, aliases: ["db"], driverOptions: {} }] });
    for (let at = 0; at < services; at++) {
      const virtualIps = [{ networkId: network.id, address: addressOf(at), address6: "" }];
      put("service", createService(`s${at}a`, { task }, { endpoint: { mode: "VIP", ports: [], virtualIps } }));
    }
    for (let at = 0; at < tasks; at++) put("task", taskOf(size, at));
  }, clock);
}

export async function measureTables(quick: boolean): Promise<readonly Figure[]> {
  return [...measureIngress(quick), ...(await measureNetwork(quick))];
}

function measureIngress(quick: boolean): readonly Figure[] {
  const size = {
    network: createNetwork("ingress"),
    nodes: quick ? 500 : 5_000,
    tasks: quick ? 10_000 : 100_000,
    services: 2_000,
  };
  const clock = new TurnClock();
  const world = worldOf(size, clock);
  const builtMs = msOf(() => clock.runAll());
  const changesMs = Array.from({ length: CHANGES }, (_, at) => {
    const task = taskOf(size, at, { desiredState: "SHUTDOWN" });
    return msOf(() => world.put("task", task));
  });
  const what = `${size.nodes} nodes, ${size.tasks} tasks`;
  return [
    figure(`${what}: a new leader's tables`, "ms", Number.POSITIVE_INFINITY, [builtMs]),
    figure(`${what}: one turn of that`, "ms", Number.POSITIVE_INFINITY, clock.turnsMs),
    figure(`${what}: 98 of 100 turns`, "ms", LOOP_MS_MAX, mostOf(clock.turnsMs)),
    figure(`${what}: one changed task, on the leader`, "ms", 1, changesMs),
  ];
}

async function measureNetwork(quick: boolean): Promise<readonly Figure[]> {
  const size = {
    network: createNetwork("front"),
    nodes: quick ? 100 : 1_000,
    tasks: quick ? 1_000 : 10_000,
    services: quick ? 200 : 2_000,
  };
  const clock = new TurnClock();
  const world = worldOf(size, clock);
  clock.runAll();
  const sessions = Array.from({ length: size.nodes }, (_, at) => new TableSession(world, nodeOf(at)));
  const partsMs: number[] = [];
  for (const feed of world.feeds(nodeOf(0)) ?? []) {
    for (const part of feed.update(null)?.parts ?? []) partsMs.push(msOf(() => void part.bytes));
  }
  const [first, ...others] = sessions as [TableSession, ...TableSession[]];
  const wholeMs = msOf(() => first.catchUp());
  const wholeBytes = first.bytes;
  for (const session of others) {
    session.send();
    session.drop();
  }
  const slicesMs: number[] = [];
  const changeBytes: number[] = [];
  const allMs: number[] = [];
  const tables: NetworkTable[] = [first.tables[0] as NetworkTable];
  for (let round = 0; round < (quick ? 5 : CHANGES / 5); round++) {
    world.put("task", taskOf(size, round, { desiredState: "SHUTDOWN" }));
    const before = first.bytes;
    let sum = 0;
    for (let from = 0; from < sessions.length; from += WAKE_SLICE) {
      const slice = sessions.slice(from, from + WAKE_SLICE);
      const ms = msOf(() => {
        for (const session of slice) session.send();
      });
      slicesMs.push(ms);
      sum += ms;
    }
    allMs.push(sum);
    first.receive();
    for (const session of others) session.drop();
    changeBytes.push(first.bytes - before);
    tables.push(first.tables[0] as NetworkTable);
  }
  const [storeWholeMs, ...storeMs] = await storing(tables);
  world.put("task", taskOf(size, size.tasks - 1, { desiredState: "SHUTDOWN" }));
  first.send();
  const applyMs = msOf(() => first.receive());
  const what = `${size.nodes} hosts, ${size.tasks} endpoints`;
  const free = Number.POSITIVE_INFINITY;
  return [
    figure(`${what}: whole table, each part encoded`, "ms", LOOP_MS_MAX, partsMs),
    figure(`${what}: whole table for one host`, "B", free, [wholeBytes]),
    figure(`${what}: whole table decoded and taken in by a host`, "ms", free, [wholeMs]),
    figure(`${what}: one change, made and encoded for all hosts`, "ms", free, allMs),
    figure(`${what}: one change, one turn of that (${WAKE_SLICE} hosts)`, "ms", LOOP_MS_MAX, slicesMs),
    figure(`${what}: one change, for each host`, "B", 1_000, changeBytes),
    figure(`${what}: one change taken in by a host`, "ms", 5, [applyMs]),
    figure(`${what}: whole table stored by a host`, "ms", free, [storeWholeMs ?? Number.NaN]),
    figure(`${what}: one change stored by a host`, "ms", free, storeMs),
  ];
}

/** How long each of the tables takes to be stored after the one before. */
async function storing(tables: readonly NetworkTable[]): Promise<readonly number[]> {
  const directory = await mkdtemp(join(tmpdir(), "bench-tables-"));
  const database = await LevelAgentDatabase.open(directory);
  try {
    const tookMs: number[] = [];
    for (const table of tables) {
      const began = performance.now();
      await database.write({ putNetworks: [table] });
      tookMs.push(performance.now() - began);
    }
    return tookMs;
  } finally {
    await database.close();
    await rm(directory, { recursive: true, force: true });
  }
}
