import assert from "node:assert/strict";
import { test } from "node:test";
import { endsSince, type Progress, progressOf } from "../../../../../swarmctl/service/progress/convergence.ts";
import { mayRunOn } from "../../../../../swarmctl/service/progress/may-run-on.ts";
import { SwarmCopy } from "../../../../../swarmctl/service/progress/swarm-copy.ts";
import { message, node, SERVICE, task } from "./objects.ts";

function copyOf(...changes: NonNullable<Parameters<typeof message>[0]>): SwarmCopy {
  const copy = new SwarmCopy();
  copy.apply(message(changes));
  return copy;
}
const service = { kind: "CREATE", service: SERVICE } as const;
const has = (...args: Parameters<typeof task>) => ({ kind: "CREATE", task: task(...args) }) as const;
const sum = ({ slots, running, wanted, converged }: Progress): string =>
  `${running}/${wanted} ${converged} ${slots.map(({ key, state, error }) => `${key}=${state}${error && `(${error})`}`).join(" ")}`;

for (const [name, changes, expected] of [
  ["without tasks every slot is empty", [service], "0/2 false 1=null 2=null"],
  ["half is not all", [service, has("a", 1, "RUNNING"), has("b", 2, "PREPARING")], "1/2 false 1=RUNNING 2=PREPARING"],
  ["all run", [service, has("a", 1, "RUNNING"), has("b", 2, "RUNNING")], "2/2 true 1=RUNNING 2=RUNNING"],
  [
    "slots that are left need not be the first",
    [service, has("a", 2, "RUNNING"), has("b", 5, "RUNNING"), has("c", 1, "RUNNING", { desired: "SHUTDOWN" })],
    "2/2 true 2=RUNNING 5=RUNNING",
  ],
  [
    "a task of the old image does not count",
    [service, has("a", 1, "RUNNING"), has("b", 2, "RUNNING", { image: "old", generation: 6 })],
    "1/2 false 1=RUNNING 2=null",
  ],
  [
    "a task whose spec is still as wanted does count, whatever version it is from",
    [service, has("a", 1, "RUNNING"), has("b", 2, "RUNNING", { generation: 6 })],
    "2/2 true 1=RUNNING 2=RUNNING",
  ],
  [
    "a replacement that waits tells what its predecessor died of",
    [
      service,
      has("a", 1, "FAILED", { err: "exit 1", desired: "SHUTDOWN" }),
      has("b", 1, "READY", { createdAtMs: 5, desired: "READY" }),
      has("c", 2, "RUNNING"),
    ],
    "1/2 false 1=READY(exit 1) 2=RUNNING",
  ],
] as const) {
  test(name, () => assert.equal(sum(progressOf(copyOf(...changes), mayRunOn)), expected));
}

test("a global service wants a task on each node that takes tasks and meets its constraints", () => {
  const spec = {
    annotations: SERVICE.spec.annotations,
    global: {},
    task: { container: { image: "nginx" }, placement: { constraints: ["node.hostname!=h3"] } },
  };
  const copy = copyOf(
    { kind: "CREATE", service: { ...SERVICE, spec } },
    ...[node("n1", "h1"), node("n2", "h2"), node("n3", "h3"), node("n4", "h4", "DOWN")].map(
      (it) => ({ kind: "CREATE", node: it }) as const,
    ),
    has("a", 0, "RUNNING", { nodeId: "n1" }),
  );
  assert.equal(sum(progressOf(copy, mayRunOn)), "1/2 false h1=RUNNING h2=null");
});

test("ends are counted by slot, of a global service by host name, and old ones are not", () => {
  const copy = copyOf(
    service,
    has("a", 1, "FAILED"),
    has("b", 1, "REJECTED"),
    has("c", 2, "RUNNING"),
    has("d", 2, "FAILED"),
    { kind: "CREATE", node: node("n1", "host1") },
    has("e", 0, "COMPLETE", { nodeId: "n1" }),
    has("f", 1, "SHUTDOWN"),
  );
  const ends = endsSince(copy, new Set(["d"]));
  assert.deepEqual(
    [...ends].map(([key, tasks]) => [key, tasks.length]),
    [
      ["1", 2],
      ["host1", 1],
    ],
  );
});

for (const [restart, state, expected] of [
  [{ condition: "NONE" }, "COMPLETE", "0/1 true 1=COMPLETE over"],
  [{ condition: "NONE" }, "FAILED", "0/1 false 1=FAILED over"],
  [{ condition: "ON_FAILURE" }, "COMPLETE", "0/1 true 1=COMPLETE over"],
  [{ condition: "ON_FAILURE" }, "FAILED", "0/1 false 1=null"],
  [{ condition: "ANY" }, "COMPLETE", "0/1 false 1=null"],
  [{ maxAttempts: 1 }, "FAILED", "0/1 false 1=FAILED over"],
  [{ maxAttempts: 2 }, "FAILED", "0/1 false 1=null"],
  [{ maxAttempts: 1, windowMs: 1_000 }, "FAILED", "0/1 false 1=null"],
] as const) {
  test(`two tasks of a slot that got ${state} under ${JSON.stringify(restart)} are ${expected}`, () => {
    const task = { container: { image: "nginx" }, restart };
    const spec = { ...SERVICE.spec, task, replicated: { replicas: 1 } };
    const ended = { desired: "SHUTDOWN" } as const;
    const progress = progressOf(
      copyOf({ kind: "CREATE", service: { ...SERVICE, spec } }, has("a", 1, state, ended), has("b", 1, state, ended)),
      mayRunOn,
    );
    assert.equal(`${sum(progress)}${progress.slots[0]?.isOver ? " over" : ""}`, expected);
  });
}

test("changes replace, removals forget", () => {
  const copy = copyOf(service, has("a", 1, "NEW"));
  copy.apply(message([{ kind: "UPDATE", task: task("a", 1, "RUNNING") }]));
  assert.equal(copy.tasks.get("a")?.status?.state, "RUNNING");
  copy.apply(message([{ kind: "REMOVE", task: { id: "a" } }]));
  assert.equal(copy.tasks.size, 0);
  assert.equal(copy.removed, false);
  copy.apply(message([{ kind: "REMOVE", service: { id: "s1" } }]));
  assert.equal(copy.removed, true);
});
