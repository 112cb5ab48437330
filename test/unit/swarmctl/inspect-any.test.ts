import assert from "node:assert/strict";
import { test } from "node:test";
import { fromDockerCreate } from "../../../shared/docker-shape/container-request.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { unary } from "../../../shared/rpc/handler.ts";
import { createContainerDetails } from "../../support/container-details.ts";
import { createService, createTask } from "../../support/objects.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

test("inspect with a task's id shows the task, or its container where no manager can be asked", async () => {
  const task = createTask("t1", createService("web"));
  const config = fromDockerCreate({ Image: "nginx" }, "");
  const container = createContainerDetails(config, { summary: { taskId: task.id } });
  const containers = { inspect: unary(async () => ({ container })) };
  const shownBy = async (control: Parameters<typeof createFakeDaemon>[0], ref: string) => {
    await using daemon = createFakeDaemon({ ...control, containers });
    await daemon.listen();
    return JSON.parse((await runCli(["inspect", ref], daemon)).out.join("\n"))[0];
  };
  const listNetworks = unary(async () => ({ networks: [] }));
  const manager = { control: { getTask: unary(async () => ({ task })), listNetworks } };
  assert.equal((await shownBy(manager, task.id)).ID, task.id);
  assert.equal((await shownBy(manager, task.id.slice(0, 12))).ID, task.id, "as service ps shows it");
  for (const ref of ["cccc", "web.1"]) assert.equal((await shownBy(manager, ref)).Id, "c".repeat(64), ref);
  const none = unary(() => Promise.reject(new SwarmError("failedPrecondition", "not a manager")));
  assert.equal((await shownBy({ control: { getTask: none } }, task.id)).Id, "c".repeat(64));
});
