import assert from "node:assert/strict";
import { test } from "node:test";
import { waitingSentence } from "../../../../manager/tasks/dependencies.ts";
import { Dependents } from "../../../../manager/tasks/dependents.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import type { Dependency, RestartPolicy } from "../../../../shared/rpc/gen/objects.ts";
import * as make from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const N1 = make.testId<NodeId>("n1");
const endpoint = { mode: "VIP", ports: [], virtualIps: [] } as const;
const ONCE: RestartPolicy = { condition: "NONE", maxAttempts: 0, windowMs: 0 };

function sentence(other: Service | null, tasks: readonly Task[], condition: Dependency["condition"]): string {
  const web = make.createService("web", { dependsOn: [{ service: "db", condition }] });
  const services = other === null ? [web] : [web, other];
  return waitingSentence(viewOf({ nodes: [make.createNode("n1")], services, tasks }), web);
}

const db = make.createService("db", { replicas: 2 }, { endpoint });
const job = make.createService("db", { job: { total: 2, max: 1 } }, { endpoint });
const once = make.createService("db", { replicas: 1, task: make.createTaskSpec({ restart: ONCE }) }, { endpoint });
const task = (of: Service, slot: number, state: Task["status"]["state"], parts: Partial<Task> = {}): Task =>
  make.createTask(`t${slot}`, of, { slot, state, nodeId: N1, endpoint, ...parts });

const cases: readonly (readonly [
  name: string,
  other: Service | null,
  tasks: readonly Task[],
  condition: Dependency["condition"],
  expected: string,
])[] = [
  ["is not there", null, [], "STARTED", "waiting for db, a service that does not exist (any more)"],
  ["has no tasks", db, [], "STARTED", "waiting for db to start"],
  ["is starting", db, [task(db, 1, "STARTING")], "STARTED", "waiting for db to start"],
  ["has one task", db, [task(db, 1, "RUNNING"), task(db, 2, "STARTING")], "STARTED", ""],
  [
    "has one task of two",
    db,
    [task(db, 1, "RUNNING"), task(db, 2, "STARTING")],
    "HEALTHY",
    "waiting for db to be healthy",
  ],
  ["has all tasks", db, [task(db, 1, "RUNNING"), task(db, 2, "RUNNING")], "HEALTHY", ""],
  ["runs an older spec", db, [task(db, 1, "RUNNING", { generation: 0 })], "STARTED", "waiting for db to start"],
  [
    "is scaled to nothing",
    make.createService("db", { replicas: 0 }, { endpoint }),
    [],
    "HEALTHY",
    "waiting for db to be healthy",
  ],
  ["is a job that works", job, [task(job, 1, "RUNNING")], "STARTED", ""],
  ["is half done", job, [task(job, 1, "COMPLETE")], "COMPLETED", "waiting for db to complete"],
  ["is done", job, [task(job, 1, "COMPLETE"), task(job, 2, "COMPLETE")], "COMPLETED", ""],
  [
    "was done in an earlier run",
    { ...job, jobStatus: make.createJobStatus({ iteration: 1 }) },
    [task(job, 1, "COMPLETE"), task(job, 2, "COMPLETE")],
    "COMPLETED",
    "waiting for db to complete",
  ],
  [
    "has run once and failed",
    once,
    [task(once, 1, "FAILED", { desiredState: "SHUTDOWN" })],
    "COMPLETED",
    "waiting for db to complete, which failed for good: change it or force it to run again",
  ],
  ["has run once, well", once, [task(once, 1, "COMPLETE", { desiredState: "SHUTDOWN" })], "COMPLETED", ""],
];
for (const [name, other, tasks, condition, expected] of cases) {
  test(`a service that waits for ${condition} of one that ${name}: ${expected || "goes on"}`, () =>
    assert.equal(sentence(other, tasks, condition), expected));
}

test("all that is missing is said in one sentence", () => {
  const dependsOn = [
    { service: "db", condition: "HEALTHY" },
    { service: "migrate", condition: "COMPLETED" },
  ] as const;
  const web = make.createService("web", { dependsOn });
  const view = viewOf({ nodes: [], services: [web, db, make.createService("migrate", { job: { total: 1, max: 1 } })] });
  assert.equal(waitingSentence(view, web), "waiting for db to be healthy and for migrate to complete");
});

test("dependents are looked at for what happens to what they name, and no longer once they do not name it", () => {
  const dependents = new Dependents();
  const web = make.createService("web", { dependsOn: [{ service: "DB", condition: "STARTED" }] });
  dependents.rebuild(viewOf({ services: [web, db] }));
  const before = task(db, 1, "STARTING");
  const report = { kind: "task", action: "update", old: before, object: task(db, 1, "RUNNING") } as const;
  assert.deepEqual([...dependents.concerned(report)], [web.id]);
  assert.deepEqual([...dependents.concerned({ ...report, object: before })], [], "nothing new was reported");
  const other = task(job, 1, "RUNNING", { serviceAnnotations: make.createAnnotations("other") });
  assert.deepEqual([...dependents.concerned({ ...report, object: other })], []);
  assert.deepEqual([...dependents.concerned({ kind: "service", action: "remove", old: db, object: db })], [web.id]);
  const free = { ...web, spec: { ...web.spec, dependsOn: [] } };
  dependents.concerned({ kind: "service", action: "update", old: web, object: free });
  assert.deepEqual([...dependents.concerned(report)], []);
});
