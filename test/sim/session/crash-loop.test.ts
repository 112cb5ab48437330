/** A service that can never run, left alone for an hour: what it costs the managers' store and its host's disk. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startLeaderLoops } from "../../../manager/leader-loops.ts";
import { NO_USAGE } from "../../../manager/tasks/task-use.ts";
import type { TaskId } from "../../../shared/ids.ts";
import { silentLogger } from "../../../shared/log.ts";
import { Scope } from "../../../shared/scope.ts";
import { createService } from "../../support/objects.ts";
import { SessionWorld } from "../../support/session-world.ts";

const HOUR_MS = 3_600_000;
const LOOK_EVERY_MS = 1_000;
/** With the delay grown to a minute and the first few shorter; each start is half a dozen reports. */
const STARTS_MAX = 75;
const ENTRIES_MAX = 1_500;

test("a service that crash-loops for an hour leaves a bounded store and disk", async () => {
  await using world = await SessionWorld.create(1, 1);
  await using scope = new Scope(silentLogger);
  const random = world.random.fork("loops");
  const { store, clock } = world;
  startLeaderLoops(scope, { store, raft: store.raft, clock, random, log: silentLogger, usage: NO_USAGE });
  const service = createService("broken");
  await store.update("create", (tx) => tx.create("service", service));
  let entries = 0;
  using _count = store.subscribe(() => entries++);
  const kept = store.view().cluster().spec.taskHistoryRetentionLimit;
  const seen = new Set<TaskId>();
  let mostTasks = 0;
  let mostContainers = 0;
  for (let passedMs = 0; passedMs < HOUR_MS; passedMs += LOOK_EVERY_MS) {
    await clock.run(LOOK_EVERY_MS);
    const { executor } = world.host;
    for (const id of executor.running()) {
      if (world.task(id)?.serviceId !== service.id) continue;
      seen.add(id);
      executor.exit(id, 1);
    }
    mostTasks = Math.max(mostTasks, store.view().tasksOfService(service.id).length);
    mostContainers = Math.max(mostContainers, executor.containers.size);
  }
  assert.ok(seen.size > 50, `it was tried ${seen.size} times only`);
  assert.ok(seen.size <= STARTS_MAX, `it was started ${seen.size} times`);
  // The one that waits or runs, one that is on its way out, and the history.
  assert.ok(mostTasks <= kept + 2, `the store held ${mostTasks} tasks of it`);
  // Another service of this world has one.
  assert.ok(mostContainers <= kept + 3, `the host held ${mostContainers} containers`);
  assert.ok(entries <= ENTRIES_MAX, `${entries} entries were written`);
});
