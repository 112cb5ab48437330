import assert from "node:assert/strict";
import { it } from "node:test";
import type { ContainerId, TaskId } from "../../../../../shared/ids.ts";
import { containerIdOf } from "../../../../../shared/objects/container-id.ts";
import { checkContainerName, findContainer, type Known } from "../../../../../worker/engine/containers/reference.ts";
import { testId } from "../../../../support/objects.ts";

const own = (id: string, name: string): Known => {
  const whole = id.padEnd(64, "0") as ContainerId;
  return { key: whole, id: whole, name, slot: null, isRunning: true };
};
const ofTask = (word: string, slot: string, isRunning: boolean): Known => {
  const key = testId<TaskId>(word);
  return { key, id: containerIdOf(key), name: `${slot}.${key}`, slot, isRunning };
};
const ALL = [
  own("abc1", "web"),
  own("abc2", "abc1"),
  ofTask("told", "web.1", false),
  ofTask("tnew", "web.1", true),
  ofTask("tother", "web.2", false),
];
const nameOf = (ref: string): string => findContainer(ALL, ref).name;

it("a container is found by its id, its name with or without /, its task, its slot, or the start of an id", () => {
  assert.equal(nameOf("abc1".padEnd(64, "0")), "web");
  assert.equal(nameOf("web"), "web");
  assert.equal(nameOf("/web"), "web");
  // A name wins over the start of an id.
  assert.equal(nameOf("abc1"), "abc1");
  assert.equal(nameOf("abc10"), "web");
  assert.equal(nameOf("tother"), ALL[4]?.name);
  assert.equal(nameOf(testId<TaskId>("told")), ALL[2]?.name);
  assert.equal(nameOf(containerIdOf(testId<TaskId>("tnew")).slice(0, 12)), ALL[3]?.name);
});

it("of a slot that has had several tasks, the one that runs is meant", () => {
  assert.equal(nameOf("web.1"), ALL[3]?.name);
  assert.equal(nameOf("web.2"), ALL[4]?.name);
});

it("what nothing or more than one thing is called is refused", () => {
  assert.throws(() => nameOf("abc"), /several containers/);
  assert.throws(() => nameOf("nosuch"), { code: "notFound", message: "No such container: nosuch" });
  assert.throws(() => nameOf(""), { code: "notFound" });
  assert.throws(() => nameOf("web.*"), { code: "notFound" });
});

it("names are Docker's", () => {
  for (const name of ["web", "a1", "Web_1.x-y"]) checkContainerName(name);
  for (const name of ["a", "_a", "-a", "a b", "a/b", "a\n", "ä1", "x".repeat(256)])
    assert.throws(() => checkContainerName(name), /Invalid container name/, name);
});
