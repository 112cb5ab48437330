/**
 * How long a change of one endpoint takes until every host of five shows it: in the answers of its name server and in
 * the kernel's map of backends of the virtual address. A task that is up counts from when its own host saw it run; a
 * task that is to go, from when the service's new spec was sent. All hosts share one clock, this machine's.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mustHave } from "../../../shared/invariant.ts";
import { connect, type RpcClient } from "../../../shared/rpc/client.ts";
import type { Task } from "../../../shared/rpc/gen/objects.ts";
import { services } from "../../../shared/rpc/schema.ts";
import { daemonPids, socketOf } from "../../lab-parts/daemons.ts";
import { ENTER } from "../../lab-parts/machines.ts";
import { RUN } from "../../lab-parts/names.ts";
import { waitFor } from "../../lab-parts/run.ts";
import { ctl } from "../../lab-parts/swarm.ts";
import { type Figure, figure } from "../figure.ts";
import { inside, networkNamespaceOn, tasksRunning } from "./place.ts";

const CHANGES = 50;
const CHANGES_QUICK = 10;
const REPLICAS = 5;
const P99_MS = 100;
const WAIT_MS_MAX = 60_000;
const PRESSURE = "/proc/pressure/io";

type Control = RpcClient<typeof services.control>;

/** What one host has shown, and since when (ms since 1970). */
class Shown {
  names: readonly string[] = [];
  /** When an address last came into the names, and went. */
  readonly named = new Map<string, number>();
  readonly unnamed = new Map<string, number>();
  /** Since when the kernel deals connections out to so many backends, of each number that there has been. */
  readonly dealt = new Map<string, number>();
  #count = "";

  setNames(addresses: readonly string[], atMs: number): void {
    for (const address of addresses) if (!this.names.includes(address)) this.named.set(address, atMs);
    for (const address of this.names) if (!addresses.includes(address)) this.unnamed.set(address, atMs);
    this.names = addresses;
  }

  /**
   * The rule that deals out is made anew in the transaction that changes the map; a task that drains leaves the map,
   * and when it has gone the rule may come once more with the same number, which is no news.
   */
  hearKernel(line: string, serviceId: string, atMs: number): void {
    const [, service, count = ""] = /^add rule inet swarm turn4_(\w+) .*numgen inc mod (\d+)/.exec(line) ?? [];
    if (service !== serviceId || count === this.#count) return;
    this.#count = count;
    this.dealt.set(count, atMs);
  }
}

/** The lab is up, of any size. */
export async function measureVisible(quick: boolean, hosts: number): Promise<readonly Figure[]> {
  await ctl("host1", ["network", "create", "seen"]);
  const create = ["service", "create", "-d", "--network", "seen"];
  await ctl("host1", [...create, "--name", "seer", "--mode", "global", "busybox", "sleep", "86400"]);
  const web = ["--name", "web", "--replicas", `${REPLICAS}`, "busybox", "sleep", "86400"];
  const serviceId = (await ctl("host1", [...create, ...web])).trim();
  const seers = await tasksRunning("seer", hosts);
  await tasksRunning("web", REPLICAS);
  const children: ChildProcess[] = [];
  const shown = new Map<string, Shown>();
  try {
    for (const seer of seers) {
      const seen = new Shown();
      shown.set(seer.machine, seen);
      const start = (command: readonly string[], onLine: (line: string) => void): void => {
        const child = spawn(ENTER, [RUN, seer.machine, ...command], { stdio: ["pipe", "pipe", "ignore"] });
        createInterface(mustHave(child.stdout, "output")).on("line", onLine);
        children.push(child);
      };
      const watcher = [process.execPath, join(import.meta.dirname, "name-watcher.ts"), "tasks.web"];
      start(inside(seer, watcher), (line) => {
        const { atMs, addresses } = JSON.parse(line) as {
          readonly atMs: number;
          readonly addresses: readonly string[];
        };
        seen.setNames(addresses, atMs);
      });
      const network = { machine: seer.machine, netns: networkNamespaceOn(seer.machine) };
      start(inside(network, ["nft", "monitor"]), (line) => seen.hearKernel(line, serviceId, nowMs()));
    }
    await waitFor("all name servers' answers", WAIT_MS_MAX, () => all(shown, ({ names }) => names.length === REPLICAS));
    return await changes(
      shown,
      seers.map(({ machine }) => machine),
      quick ? CHANGES_QUICK : CHANGES,
    );
  } finally {
    for (const child of children) child.kill();
  }
}

async function changes(
  shown: ReadonlyMap<string, Shown>,
  machines: readonly string[],
  count: number,
): Promise<readonly Figure[]> {
  await using control = connect(services.control, `unix:${socketOf("host1")}`, "local");
  const samples = {
    upNames: [] as number[],
    upKernel: [] as number[],
    downNames: [] as number[],
    downKernel: [] as number[],
    processor: [] as number[],
    disk: [] as number[],
  };
  const daemons = machines.flatMap(daemonPids);
  for (let change = 0; change < count; change++) {
    console.error(`bench: one task more, one less, ${change + 1} of ${count} ...`);
    const old = new Set((await runningOf(control)).map(addressOfTask));
    const startMs = nowMs();
    await scale(control, REPLICAS + 1);
    const task = await waitFor("the new task", WAIT_MS_MAX, async () => {
      const tasks = await runningOf(control);
      return tasks.length > REPLICAS ? (tasks.find((each) => !old.has(addressOfTask(each))) ?? null) : null;
    });
    const added = addressOfTask(task);
    const upMs = mustHave(task.status, "status").timestampMs;
    samples.upNames.push((await last(shown, "named", added, startMs)) - upMs);
    samples.upKernel.push((await last(shown, "dealt", `${REPLICAS + 1}`, startMs)) - upMs);
    const before = waits(daemons);
    const downMs = nowMs();
    await scale(control, REPLICAS);
    const gone = await waitFor("one task less", WAIT_MS_MAX, () => goneSince(shown, downMs));
    samples.downNames.push((await last(shown, "unnamed", gone, downMs)) - downMs);
    samples.downKernel.push((await last(shown, "dealt", `${REPLICAS}`, downMs)) - downMs);
    const waited = waits(daemons);
    samples.processor.push(
      Math.max(...waited.processor.map((ms, at) => ms - mustHave(before.processor[at], "daemon"))),
    );
    samples.disk.push(waited.disk - before.disk);
    await waitFor("rest", WAIT_MS_MAX, async () => ((await runningOf(control)).length === REPLICAS ? true : null));
  }
  return [
    ...p99("task runs to all hosts' name servers", samples.upNames),
    ...p99("task runs to all hosts' kernels", samples.upKernel),
    ...p99("scaled down to all hosts' name servers", samples.downNames),
    ...p99("scaled down to all hosts' kernels", samples.downKernel),
    // What of it is this machine, on which five hosts and all that watches them share processors and a disk.
    figure("meanwhile, a daemon stood in line for a processor", "ms", Number.POSITIVE_INFINITY, samples.processor),
    figure("meanwhile, somebody waited for the disk", "ms", Number.POSITIVE_INFINITY, samples.disk),
  ];
}

/** The worst of a hundred may be worse. */
function p99(name: string, samples: readonly number[]): readonly Figure[] {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.99) - 1);
  return [
    figure(name, "ms", Number.POSITIVE_INFINITY, samples),
    figure(`${name}: p99`, "ms", P99_MS, [sorted[at] ?? Number.NaN]),
  ];
}

/** When the last of all hosts showed it, after `sinceMs`. */
function last(
  shown: ReadonlyMap<string, Shown>,
  what: "named" | "unnamed" | "dealt",
  key: string,
  sinceMs: number,
): Promise<number> {
  return waitFor(`${key} to be ${what} on all hosts`, WAIT_MS_MAX, () => {
    const instants = [...shown.values()].map((each) => each[what].get(key) ?? 0);
    return instants.every((atMs) => atMs > sinceMs) ? Math.max(...instants) : null;
  });
}

function goneSince(shown: ReadonlyMap<string, Shown>, sinceMs: number): string | null {
  for (const { unnamed } of shown.values()) for (const [address, atMs] of unnamed) if (atMs > sinceMs) return address;
  return null;
}

function all(shown: ReadonlyMap<string, Shown>, which: (each: Shown) => boolean): true | null {
  return [...shown.values()].every(which) ? true : null;
}

async function scale(control: Control, replicas: number): Promise<void> {
  const { service } = await control.getService({ ref: "web" });
  const { annotations, task, endpoint } = mustHave(service?.spec, "spec");
  const spec = { annotations, task, endpoint, replicated: { replicas } };
  await control.updateService({
    ref: "web",
    version: mustHave(service?.meta, "meta").version,
    spec,
    noResolveImage: true,
  });
}

async function runningOf(control: Control): Promise<readonly Task[]> {
  const { tasks } = await control.listTasks({ services: ["web"] });
  return tasks.filter(({ desiredState, status }) => desiredState === "RUNNING" && status?.state === "RUNNING");
}

const addressOfTask = (task: Task): string => task.networks[0]?.address.split("/")[0] ?? "";

/** How long each daemon's main thread has been ready to run and did not, so far, and anybody waited for the disk. */
function waits(daemons: readonly number[]): { readonly processor: readonly number[]; readonly disk: number } {
  const processor = daemons.map((pid) => Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]) / 1e6);
  // A kernel without pressure stall information says nothing of it.
  const pressure = existsSync(PRESSURE) ? readFileSync(PRESSURE, "utf8") : "";
  return { processor, disk: Number(/^some .*total=(\d+)$/m.exec(pressure)?.[1] ?? Number.NaN) / 1e3 };
}

const nowMs = (): number => performance.timeOrigin + performance.now();
