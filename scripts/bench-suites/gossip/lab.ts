/**
 * Gossip's figures in a swarm, measured in the lab through the same API people use: how long a host that lost power
 * keeps its tasks, and that a daemon that was killed loses none. Times start when the cable is pulled. Docker Swarm
 * takes 19.4 s.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { mustHave } from "../../../shared/invariant.ts";
import { connect, type RpcClient } from "../../../shared/rpc/client.ts";
import { services } from "../../../shared/rpc/schema.ts";
import { killDaemon, socketOf, startDaemon } from "../../lab-parts/daemons.ts";
import { boot, down, powerOff, up } from "../../lab-parts/lifecycle.ts";
import { hostName } from "../../lab-parts/names.ts";
import { type Figure, figure } from "../figure.ts";

const MANAGER = "host1";
const SERVICE = "moves";
const REPLICAS = 4;
/** Number of managers by number of hosts in the lab; the others are workers, which run the tasks. */
const LABS = [
  { hosts: 3, managers: 1 },
  { hosts: 6, managers: 3 },
] as const;
const POWER_OFF_RUNS = 10;
const POWER_OFF_RUNS_QUICK = 3;
/** Promised: half of all runs within the first, all within the second. */
const MEDIAN_LIMIT_MS = 2_500;
const WORST_LIMIT_MS = 4_000;
const KILL_RUNS = 2;
/** A killed daemon is back within 10 s. */
const AWAY_MS = 8_000;
/** Between runs, so that gossip, sessions and the scheduler are at rest. */
const REST_MS = 1_500;
const POLL_MS = 50;
const WAIT_MS_MAX = 60_000;

type Control = RpcClient<typeof services.control>;
type Tasks = ReadonlyMap<string, string>;

/** `hosts`: only labs of this size; absent = all. */
export async function measureGossipLab(quick: boolean, hosts?: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const lab of LABS) {
    if (hosts === undefined || lab.hosts === hosts) figures.push(...(await measureLab(lab, quick)));
  }
  return figures;
}

async function measureLab({ hosts, managers }: (typeof LABS)[number], quick: boolean): Promise<readonly Figure[]> {
  await down();
  await up({ count: hosts, managers, formSwarm: true });
  try {
    await using control = connect(services.control, `unix:${socketOf(MANAGER)}`, "local");
    await createService(control);
    const workers = Array.from({ length: hosts - managers }, (_, at) => hostName(managers + at + 1));
    const samples: number[] = [];
    for (let run = 0; run < (quick ? POWER_OFF_RUNS_QUICK : POWER_OFF_RUNS); run++) {
      samples.push(await powerOffOne(control, await busiest(control, workers)));
      progress(`${hosts} hosts, power off ${run + 1}: ${samples.at(-1)?.toFixed(0)} ms`);
    }
    const moved: number[] = [];
    for (let run = 0; run < (hosts === LABS[0].hosts ? KILL_RUNS : 0); run++) {
      moved.push(await killOne(control, await busiest(control, workers)));
    }
    const what = `worker of ${hosts} off to its tasks running elsewhere`;
    const { median } = figure(what, "ms", MEDIAN_LIMIT_MS, samples);
    return [
      figure(`${what}, median`, "ms", MEDIAN_LIMIT_MS, [median]),
      figure(`${what}, all`, "ms", WORST_LIMIT_MS, samples),
      ...(moved.length > 0 ? [figure("tasks moved, daemon killed and back in 8 s", "tasks", 0, moved)] : []),
    ];
  } finally {
    await down();
  }
}

async function createService(control: Control): Promise<void> {
  await control.createService({
    spec: {
      annotations: { name: SERVICE },
      task: {
        container: { image: "busybox", args: ["sleep", "3600"] },
        placement: { constraints: ["node.role==worker"] },
      },
      replicated: { replicas: REPLICAS },
      endpoint: {},
    },
  });
  await until("all tasks run", async () => (await running(control)).size === REPLICAS);
}

async function powerOffOne(control: Control, victim: string): Promise<number> {
  const victimId = await idOf(control, victim);
  const elsewhere = untilElsewhere(control, victimId);
  await sleep(REST_MS);
  const beganMs = performance.now();
  await powerOff(victim);
  const tookMs = (await elsewhere) - beganMs;
  await boot(victim);
  await untilRest(control);
  return tookMs;
}

/** Resolves with the instant at which all replicas run, none of them on that node. */
async function untilElsewhere(control: Control, nodeId: string): Promise<number> {
  const { service } = await control.getService({ ref: SERVICE });
  const places = new Map<string, string>();
  const serviceId = mustHave(service, "the service").id;
  for await (const { changes } of control.watch({})) {
    for (const { kind, task } of changes) {
      // A task that is removed is told by its id alone.
      if (task === null || task === undefined || (kind !== "REMOVE" && task.serviceId !== serviceId)) continue;
      const runs = task.status?.state === "RUNNING" && task.desiredState === "RUNNING" && kind !== "REMOVE";
      if (runs && task.nodeId !== nodeId) places.set(task.id, task.nodeId);
      else places.delete(task.id);
    }
    if (places.size === REPLICAS) return performance.now();
  }
  throw new Error("the watch ended");
}

/** Kills a daemon and brings it back; returns how many tasks are not where they were. */
async function killOne(control: Control, victim: string): Promise<number> {
  const before = await running(control);
  await killDaemon(victim);
  await sleep(AWAY_MS);
  await startDaemon(victim);
  await untilRest(control);
  const after = await running(control);
  return [...before].filter(([id, nodeId]) => after.get(id) !== nodeId).length;
}

/** The worker with most tasks: they are what is to move. */
async function busiest(control: Control, workers: readonly string[]): Promise<string> {
  const tasks = [...(await running(control)).values()];
  const { nodes } = await control.listNodes({});
  const count = (host: string): number => {
    const id = nodes.find(({ description }) => description?.hostname === host)?.id;
    return tasks.filter((nodeId) => nodeId === id).length;
  };
  return mustHave([...workers].sort((a, b) => count(b) - count(a))[0], "a worker");
}

async function idOf(control: Control, host: string): Promise<string> {
  const { node } = await control.getNode({ ref: host });
  return mustHave(node, host).id;
}

/** Tasks that run and should, with their nodes. */
async function running(control: Control): Promise<Tasks> {
  const { tasks } = await control.listTasks({ services: [SERVICE] });
  const wanted = tasks.filter(({ status, desiredState }) => status?.state === "RUNNING" && desiredState === "RUNNING");
  return new Map(wanted.map(({ id, nodeId }) => [id, nodeId]));
}

async function untilRest(control: Control): Promise<void> {
  await until("all nodes are ready and all tasks run", async () => {
    const { nodes } = await control.listNodes({});
    return nodes.every(({ status }) => status?.state === "READY") && (await running(control)).size === REPLICAS;
  });
  await sleep(REST_MS);
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`waited ${WAIT_MS_MAX} ms in vain until ${what}`);
    await sleep(POLL_MS);
  }
}

function progress(what: string): void {
  console.error(`bench: ${what}`);
}
