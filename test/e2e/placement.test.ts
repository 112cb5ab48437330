/** Where tasks go with regard to others, and for whom they go, with real containers. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { tasksOf } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describe("placement", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(2, { daemonOptions: ["--node-generic-resource=seat=1"] });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });
  const create = (name: string, ...flags: readonly string[]): Promise<string> =>
    lab.ctl(
      "host1",
      "service",
      "create",
      "--name",
      name,
      "--stop-grace-period",
      "1s",
      ...flags,
      "busybox",
      "sleep",
      "1000",
    );
  /** Nodes of those that are wanted to run, in order of slots; errors of all. */
  const nodesOf = async (name: string): Promise<readonly string[]> => {
    const rows = await tasksOf(lab, "host1", name);
    return rows.filter(({ DesiredState }) => DesiredState === "Running").map(({ Node }) => Node);
  };
  const errorsOf = async (name: string): Promise<readonly string[]> =>
    (await tasksOf(lab, "host1", name)).map((row) => row.Error);

  it("keeps tasks near a service and away from it, and refuses services that wait for each other", async () => {
    await create("db");
    await create("web", "--replicas", "2", "--affinity", "service==db");
    await create("lone", "--affinity", "service!=db");
    const [home = "none"] = await nodesOf("db");
    assert.deepEqual(await nodesOf("web"), [home, home]);
    assert.notDeepEqual(await nodesOf("lone"), [home]);
    const ring = await lab.tryCtl("host1", "service", "update", "--detach", "--affinity-add", "service==web", "db");
    assert.match(ring.stderr, /would wait for a task of the next one: db -> web -> db; make one affinity soft/);
    await lab.ctl("host1", "service", "rm", "db");
    await lab.ctl("host1", "service", "update", "--detach", "--force", "web");
    await waitFor("why web waits", async () =>
      (await errorsOf("web")).includes('"no suitable node (affinity not satisfied on 2 nodes: service==db)"'),
    );
    await lab.ctl("host1", "service", "rm", "web", "lone");
  });

  it("makes tasks of lower priority stop where the swarm allows it, and brings them back afterwards", async () => {
    const seat = ["--generic-resource", "seat=1"];
    await create("batch", "--replicas", "2", "--priority", "10", ...seat);
    await create("web", "--detach", "--priority", "80", ...seat);
    await waitFor("why web waits", async () =>
      (await errorsOf("web")).includes('"no suitable node (insufficient seat on 2 nodes)"'),
    );
    await lab.ctl("host1", "update", "--preemption", "on");
    await waitFor("web", async () => (await tasksOf(lab, "host1", "web"))[0]?.CurrentState.startsWith("Running"));
    assert.equal((await nodesOf("web")).length, 1);
    assert((await errorsOf("batch")).includes('"preempted by web.1 (priority 80)"'));
    await lab.ctl("host1", "service", "rm", "web");
    await waitFor("both of batch", async () => {
      const rows = await tasksOf(lab, "host1", "batch");
      return rows.filter(({ CurrentState }) => CurrentState.startsWith("Running")).length === 2;
    });
  });
});
