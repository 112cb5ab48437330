/** Jobs with real containers: how they run, end, fail and begin again, and what people see of it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { type TaskRow, tasksOf } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

interface ServiceRow {
  readonly Name: string;
  readonly Mode: string;
  readonly Replicas: string;
}

describe("jobs", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const rowOf = async (service: string): Promise<ServiceRow> => {
    const rows = await lab.ctlJson<ServiceRow>("host1", "service", "ls");
    const found = rows.find(({ Name }) => Name === service);
    assert.ok(found !== undefined);
    return found;
  };
  const job = (name: string, flags: readonly string[], ...command: readonly string[]): string[] => {
    return ["service", "create", "--name", name, ...flags, "busybox", ...command];
  };
  const inState = (tasks: readonly TaskRow[], word: string): readonly TaskRow[] =>
    tasks.filter(({ CurrentState }) => CurrentState.startsWith(word));

  it("do all their slots, and whoever waits is told so", async () => {
    const flags = ["--mode", "replicated-job", "--replicas", "5", "--max-concurrent", "2"];
    const said = await lab.ctl("host1", ...job("batch", flags, "sh", "-c", "echo did slot; sleep 1"));
    assert.match(said, /job progress: 5 out of 5 complete, 0 running\njob complete\n$/);
    assert.deepEqual(await rowOf("batch").then(({ Mode, Replicas }) => [Mode, Replicas]), [
      "replicated job",
      "0/2 (5/5 completed)",
    ]);
    const tasks = await tasksOf(lab, "host1", "batch");
    assert.deepEqual(tasks.map(({ Name, DesiredState }) => `${Name} ${DesiredState}`).sort(), [
      "batch.1 Complete",
      "batch.2 Complete",
      "batch.3 Complete",
      "batch.4 Complete",
      "batch.5 Complete",
    ]);
    assert.equal((await lab.ctl("host1", "service", "logs", "--raw", "batch")).split("did slot").length - 1, 5);
  });

  it("run once on each node when they are global", async () => {
    await lab.ctl("host1", ...job("sweep", ["--mode", "global-job"], "true"));
    const tasks = await tasksOf(lab, "host1", "sweep");
    assert.deepEqual(tasks.map(({ Node }) => Node).sort(), ["host1", "host2", "host3"]);
    assert.deepEqual(await rowOf("sweep").then(({ Mode, Replicas }) => [Mode, Replicas]), [
      "global job",
      "0/0 (3/3 completed)",
    ]);
  });

  it("begin again by force and by another size, and keep the tasks of the run before", async () => {
    assert.match(await lab.ctl("host1", "service", "update", "--force", "sweep"), /job complete/);
    assert.equal(inState(await tasksOf(lab, "host1", "sweep"), "Complete").length, 6);
    assert.match(await lab.ctl("host1", "service", "scale", "batch=2"), /2 out of 2 complete/);
    assert.equal((await rowOf("batch")).Replicas, "0/2 (2/2 completed)");
    const [shown] = await lab.ctlJson<{ JobStatus: { JobIteration: { Index: number } } }>(
      "host1",
      ...["service", "inspect", "batch"],
    );
    assert.equal(shown?.JobStatus.JobIteration.Index, 1);
  });

  it("end with an error when a slot failed for good, and say which and why", async () => {
    const flags = ["--mode", "replicated-job", "--restart-max-attempts", "1", "--restart-delay", "1s"];
    const { exitCode, stderr } = await lab.tryCtl("host1", ...job("broken", flags, "sh", "-c", "exit 3"));
    assert.equal(exitCode, 1);
    assert.match(stderr, /job broken failed: broken\.1 failed: task: non-zero exit \(3\).*allows no more attempts/);
    assert.equal(inState(await tasksOf(lab, "host1", "broken"), "Failed").length, 2);
    assert.equal((await rowOf("broken")).Replicas, "0/1 (0/1 completed)");
  });

  it("are done elsewhere when a host is lost, each slot once", async () => {
    const flags = ["--detach", "--mode", "replicated-job", "--replicas", "4", "--max-concurrent", "3"];
    await lab.ctl("host1", ...job("lasting", flags, "sh", "-c", "sleep 15"));
    const lost = await waitFor("tasks on three hosts", async () => {
      const running = inState(await tasksOf(lab, "host1", "lasting"), "Running");
      return running.length === 3 && running.find(({ Node }) => Node === "host3");
    });
    await lab.powerOff("host3");
    await waitFor("all slots done", async () => (await rowOf("lasting")).Replicas === "0/3 (4/4 completed)");
    const done = inState(await tasksOf(lab, "host1", "lasting"), "Complete");
    assert.equal(new Set(done.map(({ Name }) => Name.replace(/^ \\_ /, ""))).size, 4);
    assert.ok(done.every(({ ID }) => ID !== lost.ID));
  });
});
