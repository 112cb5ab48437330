/**
 * A whole control plane: a leader with all its parts, and a thousand hosts or more with the worker's own agents in a
 * process beside it. Sessions are real, over loopback; containers live in memory, and so does the log. It stops by
 * itself.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { NodeId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import { createService } from "../../test/support/objects.ts";
import { ENGINE_FLAGS } from "../lib/engine-flags.ts";
import { ApiUser } from "./control-plane/api-user.ts";
import { hostAddressOf, hostIdOf } from "./control-plane/host-object.ts";
import { BenchLeader } from "./control-plane/leader.ts";
import type { HostsConfig, HostsHear, HostsSay } from "./control-plane/messages.ts";
import { RunningTasks } from "./control-plane/running-tasks.ts";
import { type Figure, figure } from "./figure.ts";
import { cpuMs } from "./scale/turns.ts";

interface Size {
  readonly hosts: number;
  readonly tasks: number;
  readonly heartbeatPeriodMs: number;
}

const SMALL: Size = { hosts: 1_000, tasks: 30_000, heartbeatPeriodMs: 500 };
/** A heartbeat takes the leader some 0.1 ms with its answer: twice a second, those of 5,000 hosts would take it all. */
const LARGE: Size = { hosts: 5_000, tasks: 100_000, heartbeatPeriodMs: 2_500 };
const QUICK: Size = { hosts: 100, tasks: 3_000, heartbeatPeriodMs: 500 };
const TASKS_PER_SERVICE = 100;
/** MiB: thousands of hosts in one process make garbage like thousands of hosts. */
const HOSTS_YOUNG_SPACE = 64;
const PROGRAM = join(import.meta.dirname, "control-plane/hosts.ts");
/** No phase takes so long: something is broken. */
const PHASE_MS_MAX = 300_000;
const LOOK_MS = 20;
const IDLE_MS = 5_000;
/** Resolution of the event loop's delay. */
const DELAY_MS = 5;
const KILLED_SHARE = 0.1;
const API_MS_MAX = 200;
const LEADER_CHANGE_MS_MAX = 2_000;
const NONE = Number.POSITIVE_INFINITY;
const MIB = 1024 ** 2;

/** The large one only when it is asked for: it needs some GiB and minutes. */
export async function measureControlPlane(quick: boolean, large: boolean): Promise<readonly Figure[]> {
  return await new ControlPlane(quick ? QUICK : large ? LARGE : SMALL).measure();
}

class ControlPlane {
  readonly #size: Size;
  readonly #name: string;
  readonly #figures: Figure[] = [];
  /** The process with the hosts; 0 = there is none yet. */
  #hostsPid = 0;

  constructor(size: Size) {
    this.#size = size;
    this.#name = `${size.hosts} hosts, ${size.tasks} tasks`;
  }

  async measure(): Promise<readonly Figure[]> {
    const { hosts, heartbeatPeriodMs } = this.#size;
    const { leader, address } = await BenchLeader.start(hosts, heartbeatPeriodMs);
    await using _leader = leader;
    const hostsConfig: HostsConfig = { address, hosts };
    const child = fork(PROGRAM, [JSON.stringify(hostsConfig)], {
      execArgv: [
        "--disable-warning=ExperimentalWarning",
        ...ENGINE_FLAGS,
        `--min-semi-space-size=${HOSTS_YOUNG_SPACE}`,
        `--max-semi-space-size=${HOSTS_YOUNG_SPACE}`,
      ],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    this.#hostsPid = mustHave(child.pid, "the process with the hosts");
    try {
      await this.#phase("all hosts in session", NONE, null, async () => {
        await heard(child, "started");
        await until("all hosts are in session", () =>
          leader.store
            .view()
            .all("node")
            .every(({ status }) => status.state === "READY"),
        );
      });
      await using user = new ApiUser(leader.store);
      await this.#phase("five seconds in which nothing happens", NONE, user, () => sleep(IDLE_MS));
      using running = new RunningTasks(leader.store);
      await this.#phase("all tasks run", NONE, user, async () => {
        await this.#deploy(leader);
        await until("all tasks run", () => running.count >= this.#size.tasks);
      });
      const killed = Math.ceil(hosts * KILLED_SHARE);
      await this.#phase("all tasks run again after 10 % of the hosts are gone", NONE, user, async () => {
        for (let at = 0; at < killed; at++) leader.dark.add(hostAddressOf(at));
        child.send({ kind: "powerOff", hosts: killed } satisfies HostsHear);
        const gone: readonly NodeId[] = Array.from({ length: killed }, (_, at) => hostIdOf(at));
        await until("all tasks run again", () => running.countOutside(gone) === this.#size.tasks);
      });
      let firstWriteMs = NONE;
      await this.#phase("a new leader has every host in session", LEADER_CHANGE_MS_MAX, null, async () => {
        await leader.follow();
        const began = performance.now();
        leader.lead();
        await leader.store.update("person", (tx) => tx.create("service", createService("first", { replicas: 0 })));
        firstWriteMs = performance.now() - began;
        await until("all hosts are in session again", () => this.#inSession(leader) === hosts - killed);
      });
      this.#note(figure("  its first change by the API", "ms", LEADER_CHANGE_MS_MAX, [firstWriteMs]));
      await this.#phase("a task that is made then runs", LEADER_CHANGE_MS_MAX, user, async () => {
        const before = running.count;
        await leader.store.update("person", (tx) => tx.create("service", createService("late", { replicas: 1 })));
        await until("one task more runs", () => running.count > before);
      });
      const { rss, heapUsed } = process.memoryUsage();
      this.#note(figure(`${this.#name}: memory of the leader's process`, "MB", NONE, [rss / MIB]));
      this.#note(figure(`${this.#name}: of that, objects`, "MB", NONE, [heapUsed / MIB]));
    } finally {
      child.disconnect();
    }
    return this.#figures;
  }

  async #deploy({ store }: BenchLeader): Promise<void> {
    const { tasks } = this.#size;
    for (let at = 0; at * TASKS_PER_SERVICE < tasks; at++) {
      const service = createService(`s${at}a`, { replicas: TASKS_PER_SERVICE });
      await store.update("person", (tx) => tx.create("service", service));
    }
  }

  #inSession({ dispatcher }: BenchLeader): number {
    const numbers = Array.from({ length: this.#size.hosts }, (_, at) => at);
    return numbers.filter((at) => dispatcher.trace(hostIdOf(at))?.isOpen === true).length;
  }

  /** How long it takes, what people wait for an answer meanwhile, and how long the event loop is held. */
  async #phase(what: string, msMax: number, user: ApiUser | null, run: () => Promise<void>): Promise<void> {
    const delay = monitorEventLoopDelay({ resolution: DELAY_MS });
    delay.enable();
    user?.take();
    const [began, cpuBegan, hostsBegan] = [performance.now(), cpuMs(), threadMs(this.#hostsPid)];
    await run();
    const [tookMs, computedMs] = [performance.now() - began, cpuMs() - cpuBegan];
    const hostsMs = threadMs(this.#hostsPid) - hostsBegan;
    delay.disable();
    this.#note(figure(`${this.#name}: ${what}`, "ms", msMax, [tookMs]));
    // On a machine with other work to do only this says what it costs.
    this.#note(figure(`  processor time of the leader's thread`, "ms", NONE, [computedMs]));
    // All hosts share one thread: where it has no rest, the leader waits for them.
    this.#note(figure(`  processor time of the hosts' thread`, "ms", NONE, [hostsMs]));
    const beyond = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - DELAY_MS);
    this.#note(figure(`  event loop held, 99th percentile`, "ms", NONE, [beyond(delay.percentile(99))]));
    this.#note(figure(`  event loop held, at most`, "ms", NONE, [beyond(delay.max)]));
    const latenciesMs = user?.take() ?? [];
    if (latenciesMs.length === 0) return;
    const sorted = [...latenciesMs].sort((a, b) => a - b);
    const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
    this.#note(figure(`  a change by the API, 99th percentile of ${sorted.length}`, "ms", API_MS_MAX, [p99]));
  }

  #note(one: Figure): void {
    // It takes minutes: people see how far it is.
    console.error(`${one.name}: ${one.worst.toFixed(1)} ${one.unit}`);
    this.#figures.push(one);
  }
}

/** Processor time of a process's main thread so far. */
function threadMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}

function heard(child: ChildProcess, kind: HostsSay["kind"]): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: HostsSay) => {
      if (message.kind === kind) resolve();
    });
    child.once("exit", (code) => reject(new Error(`the process with the hosts ended with ${code}`)));
    setTimeout(() => reject(new Error(`the hosts were not started in ${PHASE_MS_MAX} ms`)), PHASE_MS_MAX).unref();
  });
}

async function until(what: string, isDone: () => boolean): Promise<void> {
  const beganMs = performance.now();
  while (!isDone()) {
    if (performance.now() - beganMs > PHASE_MS_MAX) throw new Error(`waited ${PHASE_MS_MAX} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
