/** Order among services and runs by a schedule, with real containers. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { tasksOf } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describe("order and schedules", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(1);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });
  const create = (name: string, flags: readonly string[], ...command: readonly string[]): Promise<string> =>
    lab.ctl("host1", "service", "create", "--name", name, ...flags, "busybox", ...command);

  it("hold a service up until what it depends on is there, and say what that is", async () => {
    await create(
      "db",
      ["--detach", "--health-cmd", "test -e /ready", "--health-interval", "1s", "--health-retries", "1000"],
      "sleep",
      "1000",
    );
    await create("web", ["--detach", "--depends-on", "db:healthy"], "sleep", "1000");
    await waitFor("what web waits for", async () => {
      const [task] = await tasksOf(lab, "host1", "web");
      return task?.Error === '"waiting for db to be healthy"';
    });
    await waitFor("a container of db", () => lab.ctl("host1", "exec", "db.1", "touch", "/ready").then(() => true));
    await waitFor("web", async () => (await tasksOf(lab, "host1", "web"))[0]?.CurrentState.startsWith("Running"));
    const refused = await lab.tryCtl("host1", "service", "update", "--detach", "--depends-on-add", "web", "db");
    assert.match(refused.stderr, /would wait for each other for ever: db -> web -> db/);
  });

  it("begin a run each minute, and one when asked", async () => {
    const flags = ["--mode", "replicated-job", "--schedule", "* * * * *"];
    assert.match(await create("backup", flags, "true"), /scheduled: the next run begins at /);
    assert.match(await lab.ctl("host1", "service", "run-now", "backup"), /job complete/);
    await waitFor("a run of the schedule's", async () => (await tasksOf(lab, "host1", "backup")).length >= 2);
    const [row] = await lab.ctlJson<{ Replicas: string }>("host1", "service", "ls", "--filter", "name=backup");
    assert.match(row?.Replicas ?? "", /completed, next \d{4}-\d\d-\d\dT\d\d:\d\dZ\)$/);
  });
});
