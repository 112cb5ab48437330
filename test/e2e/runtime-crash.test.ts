/** A daemon that is killed at every single step of a container's life, and another one that goes on with it. */
import assert from "node:assert/strict";
import { readdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { silentLogger } from "../../shared/log.ts";
import type { Task } from "../../shared/objects/types.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";
import type { ContainerExecutor } from "../../worker/executor/container-executor.ts";
import { openExecutor } from "../../worker/executor/open-executor.ts";
import { TaskContainers } from "../../worker/executor/task-containers.ts";
import { systemCgroupTree } from "../../worker/ports/system-cgroup-tree.ts";
import { SystemCommandRunner } from "../../worker/ports/system-command-runner.ts";
import { systemHostFiles } from "../../worker/ports/system-host-files.ts";
import { systemLogSockets } from "../../worker/ports/system-log-sockets.ts";
import { systemMonitorConnector } from "../../worker/ports/system-monitor-connector.ts";
import { systemMonitorLauncher } from "../../worker/ports/system-monitor-launcher.ts";
import { systemProcessTable } from "../../worker/ports/system-process-table.ts";
import { systemProjectQuotas } from "../../worker/ports/system-project-quotas.ts";
import { systemRootedTrees } from "../../worker/ports/system-rooted-tree.ts";
import { createMount } from "../support/objects.ts";
import { Mortality } from "./mortal-ports.ts";
import { NEVER, RuntimeFixture } from "./runtime-fixture.ts";

const quiet = (): void => {};
/** Far more steps than a life has. */
const STEPS_MAX = 500;

/** A volume that outlives its task. */
const FILLED = "filled";
/** What it is filled with. */
const IN_IMAGE = ["old.txt", "site", "top.txt"];

/** What is asked of a daemon, one after the other. */
const LIFE = ["prepare", "start", "stop", "remove"] as const;

describe("a daemon that is killed", () => {
  let fixture: RuntimeFixture;
  before(() => {
    fixture = new RuntimeFixture();
    fixture.storeImage();
  });
  after(() => fixture?.[Symbol.asyncDispose]());

  function taskWithEverything(): Task {
    return fixture.task('trap "exit 0" TERM; echo said; while :; do sleep 0.02; done', {
      mounts: [
        createMount({ type: "VOLUME", target: "/kept", source: "" }),
        // The image has files there.
        createMount({ type: "VOLUME", target: "/srv", source: FILLED, volumeLabels: { of: "the first" } }),
        createMount({ type: "TMPFS", target: "/memory" }),
      ],
      healthcheck: {
        test: ["CMD-SHELL", "true"],
        ...{ intervalMs: 50, timeoutMs: 5_000, retries: 3, startPeriodMs: 0, startIntervalMs: 0 },
      },
      stopGracePeriodMs: 5_000,
    });
  }

  async function mortal(life: Mortality): Promise<ContainerExecutor> {
    const images = await fixture.openImages("");
    return await openExecutor(
      {
        ...{ dataDirectory: fixture.dataDirectory, runDirectory: fixture.runDirectory, ociRuntime: "crun" },
        ...{ hostname: hostname(), architecture: process.arch, cgroupParent: fixture.cgroupParent },
      },
      {
        images,
        network: life.wrap("network", fixture.network),
        files: life.wrap("files", systemHostFiles),
        processes: life.wrap("processes", systemProcessTable),
        cgroups: life.wrap("cgroups", systemCgroupTree),
        commands: life.wrap("commands", new SystemCommandRunner()),
        launcher: life.wrap("launcher", systemMonitorLauncher()),
        monitors: life.wrap("monitors", systemMonitorConnector),
        trees: life.wrap("trees", systemRootedTrees),
        ...{
          quotas: systemProjectQuotas,
          logSockets: systemLogSockets,
          random: systemRandom,
          clock: life.wrap("clock", systemClock),
          log: silentLogger,
        },
      },
    );
  }

  async function live(daemon: TaskContainers, task: Task): Promise<void> {
    for (const step of LIFE) {
      if (step === "prepare") await daemon.prepare(task, NEVER, quiet);
      else if (step === "start") await daemon.start(task, NEVER);
      else if (step === "stop") await daemon.stop(task);
      else await daemon.remove(task.id);
    }
  }

  const volumes = (...path: readonly string[]): readonly string[] =>
    readdirSync(join(fixture.dataDirectory, "volumes", ...path));

  /** It is there, as it was wanted and filled or as empty as it was made, or nothing of it is. */
  function removeFilled(where: string): void {
    if (!volumes().includes(FILLED)) return;
    assert.deepEqual(volumes(FILLED), ["_data", "volume.json"], where);
    const inside = volumes(FILLED, "_data");
    if (inside.length > 0) assert.deepEqual(inside, IN_IMAGE, where);
    rmSync(join(fixture.dataDirectory, "volumes", FILLED), { recursive: true });
  }

  /** Kills a daemon in place of each step in turn, and lets the next one `finish`. Resolves with the steps. */
  async function killAtEach(finish: (next: TaskContainers, task: Task) => Promise<void>): Promise<readonly string[]> {
    const died: string[] = [];
    for (let at = 0; at < STEPS_MAX; at++) {
      const life = new Mortality(at);
      const task = taskWithEverything();
      const lived = mortal(life).then(async (daemon) => {
        await live(new TaskContainers(daemon), task);
        await daemon[Symbol.asyncDispose]();
      });
      const outcome = await Promise.race([lived.then(() => "lived"), life.dead().then(() => "died")]);
      const where = `killed in place of step ${at}: ${life.steps.at(-1)}`;
      if (outcome === "lived") break;
      died.push(life.steps.at(-1) ?? "");
      const next = await fixture.executor();
      try {
        await finish(next, task);
      } catch (error) {
        throw new Error(where, { cause: error });
      } finally {
        await next[Symbol.asyncDispose]();
      }
      removeFilled(where);
      assert.deepEqual([...fixture.leftovers(), ...volumes()], [], where);
    }
    for (const step of [
      ...["launcher.launch", "network.attach", "network.detach", "files.writeText", "files.remove"],
      ...["commands.run", "files.replaceEmptyDirectory"],
    ])
      assert.ok(died.includes(step), `it died at ${step}`);
    return died;
  }

  it("at any step of a container's life is followed by one that goes on with it and brings it to its end", async () => {
    const died = await killAtEach(async (next, task) => {
      const { kind } = await next.inspect(task.id);
      // As the agent does: what was to run runs, and what ended while nobody looked has ended.
      if (kind === "absent" || kind === "created") {
        await next.prepare(task, NEVER, quiet);
        await next.start(task, NEVER);
        assert.equal((await next.inspect(task.id)).kind, "running");
        assert.deepEqual(volumes(FILLED, "_data"), IN_IMAGE, "it is filled");
      }
      await next.stop(task);
      await next.remove(task.id);
    });
    assert.ok(died.length > 20, `${died.length} steps`);
  });

  it("leaves nothing when its task is gone by the time that the next one comes", async () => {
    await killAtEach((next, task) => next.remove(task.id));
  });
});
