import assert from "node:assert/strict";
import { test } from "node:test";
import { findTask } from "../../../../manager/hosts/find-task.ts";
import { containerIdOf } from "../../../../shared/objects/container-id.ts";
import { createService, createTask } from "../../../support/objects.ts";

const service = createService("web");
const old = createTask("old", service, { slot: 2, state: "FAILED" });
const running = createTask("run", service, { slot: 2 });
const starting = createTask("next", service, { slot: 3, state: "STARTING" });
const ended = createTask("gone", service, { slot: 3, state: "SHUTDOWN" });
const removed = createTask("rem", service, { slot: 4, desiredState: "REMOVE" });
const anew = createTask("anew", service, { slot: 4, state: "PREPARING" });
const tasks = [old, running, starting, ended, removed, anew];

const FOUND: readonly (readonly [ref: string, id: string])[] = [
  [old.id, old.id],
  [`web.2.${old.id}`, old.id],
  ["web.2", running.id],
  ["web.3", starting.id],
  ["web.4", anew.id],
  ["run", running.id],
  [`web.2.${running.id.slice(0, 8)}`, running.id],
  [containerIdOf(ended.id), ended.id],
  [containerIdOf(ended.id).slice(0, 12), ended.id],
];

for (const [ref, id] of FOUND) {
  test(`${ref} is task ${id}`, () => assert.equal(findTask(tasks, ref).id, id));
}

for (const ref of ["", "web", "web.5", "nosuch", "0000000"]) {
  test(`${JSON.stringify(ref)} is no task`, () => {
    assert.throws(() => findTask(tasks, ref), { code: "notFound", message: `No such container: ${ref}` });
  });
}

test("a beginning that several have is refused", () => {
  const twins = [createTask("ab1", service, { slot: 7 }), createTask("ab2", service, { slot: 8 })];
  assert.throws(() => findTask(twins, "ab"), { code: "invalidArgument", message: /ambiguous \(2 matches/ });
});
