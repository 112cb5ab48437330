/**
 * The figures of first light, measured in the lab on three hosts (all managers), through the same API people use.
 * Times are wall-clock times of this process; resident memory is the kernel's VmRSS.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { SwarmError } from "../../shared/errors.ts";
import { mustHave } from "../../shared/invariant.ts";
import { daemonPids } from "../lab-parts/daemons.ts";
import { type Figure, figure } from "./figure.ts";
import { type Control, controlOf, lab, progress } from "./lab-control.ts";

const HOSTS = ["host1", "host2", "host3"];
const CREATE_RUNS = 10;
const MANY_REPLICAS = 50;
const KILL_RUNS = 5;
const NODE_LS_RUNS = 20;
/** A daemon's memory is measured after this much idle time. */
const IDLE_MS = 10_000;
const POLL_MS = 5;
const WAIT_MS_MAX = 60_000;

export async function measureFirstLight(): Promise<readonly Figure[]> {
  lab("down");
  lab("up", "3");
  try {
    await using control = controlOf("host1");
    progress("create to running, image present");
    await withService(control, "warm", 3, async () => {});
    const create = await repeat(CREATE_RUNS, (run) => withService(control, `one${run}`, 1, async () => {}));
    progress(`${MANY_REPLICAS} replicas over 3 hosts`);
    const many = [await withService(control, "many", MANY_REPLICAS, async () => {})];
    progress("swarmctl node ls");
    const nodeLs = await repeat(NODE_LS_RUNS, async () => {
      const startedMs = performance.now();
      lab("ctl", "host1", "node", "ls");
      return performance.now() - startedMs;
    });
    progress("memory of idle managers");
    await sleep(IDLE_MS);
    const memory = HOSTS.map((host) => residentMegabytes(mustHave(daemonPids(host)[0], `daemon of ${host}`)));
    progress("leader killed to next accepted write");
    const failover = await repeat(KILL_RUNS, killLeader);
    return [
      figure("1 replica, image present: create to running", "ms", 1_000, create),
      figure(`${MANY_REPLICAS} replicas over 3 hosts: create to running`, "ms", 10_000, many),
      figure("leader killed (kill -9) to next accepted write", "ms", 3_000, failover),
      figure("swarmd resident memory, idle manager", "MB", 150, memory),
      figure("swarmctl node ls, whole process with lab ctl", "ms", 150, nodeLs),
    ];
  } finally {
    lab("down");
  }
}

/** Creates a service, waits until all its tasks run, and returns how long that took; removes it again. */
async function withService(
  control: Control,
  name: string,
  replicas: number,
  use: () => Promise<void>,
): Promise<number> {
  const startedMs = performance.now();
  const { service } = await control.createService({
    spec: {
      annotations: { name },
      task: { container: { image: "busybox", args: ["sleep", "3600"] } },
      replicated: { replicas },
      endpoint: {},
    },
  });
  const serviceId = mustHave(service, "created service").id;
  let running = new Set<string>();
  for await (const { changes } of control.watch({})) {
    for (const { task } of changes) {
      if (task?.serviceId !== serviceId) continue;
      if (task.status?.state === "RUNNING") running.add(task.id);
      else running.delete(task.id);
    }
    if (running.size === replicas) break;
  }
  const tookMs = performance.now() - startedMs;
  await use();
  running = new Set();
  await control.removeService({ ref: serviceId });
  await until(
    async () => (await control.listTasks({ services: [serviceId] }).catch(() => ({ tasks: [] }))).tasks.length === 0,
  );
  return tookMs;
}

/** Kills the leader's daemon and writes through a survivor until a write is accepted; then brings the daemon back. */
async function killLeader(run: number): Promise<number> {
  const leader = await leaderHost();
  const survivor = mustHave(
    HOSTS.find((host) => host !== leader),
    "a surviving manager",
  );
  await using control = controlOf(survivor);
  await control.listNodes({});
  for (const pid of daemonPids(leader)) process.kill(pid, "SIGKILL");
  const killedMs = performance.now();
  await until(async () => {
    try {
      const { node } = await control.getNode({ ref: survivor }, { timeoutMs: 1_000 });
      const spec = mustHave(node?.spec, "node spec");
      const labels = { ...spec.annotations?.labels, run: String(run) };
      await control.updateNode(
        { ref: survivor, spec: { ...spec, annotations: { name: "", labels } } },
        { timeoutMs: 1_000 },
      );
      return true;
    } catch (error) {
      if (error instanceof SwarmError) return false;
      throw error;
    }
  });
  const tookMs = performance.now() - killedMs;
  lab("start-daemon", leader);
  await until(async () => (await control.listNodes({})).nodes.every(({ status }) => status?.state === "READY"));
  return tookMs;
}

async function leaderHost(): Promise<string> {
  await using control = controlOf("host1");
  const { nodes } = await control.listNodes({});
  return mustHave(nodes.find((node) => node.managerStatus?.leader === true)?.description?.hostname, "leader");
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

async function repeat(times: number, measure: (run: number) => Promise<number>): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let run = 0; run < times; run++) samples.push(await measure(run));
  return samples;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  while (!(await condition())) {
    if (performance.now() > deadlineMs)
      throw new Error(`still not so after ${WAIT_MS_MAX} ms: ${condition.toString()}`);
    await sleep(POLL_MS);
  }
}
