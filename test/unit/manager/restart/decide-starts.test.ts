import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideStarts, STOP_WAIT_MS_MAX } from "../../../../manager/restart/decide-starts.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import type { RestartPolicy } from "../../../../shared/rpc/gen/objects.ts";
import {
  createNode,
  createService,
  createTask,
  createTaskSpec,
  createTaskStatus,
  type NodeParts,
  testId,
} from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

type Parts = Partial<Task & { state: Task["status"]["state"] }>;
const HOUR_MS = 3_600_000;
const MADE_MS = 100 * HOUR_MS;

/** Age of the waiting task at which it is started: asked at its making, told when to look again, until it starts. */
function startsAfterMs(service: Service, history: readonly Task[], node: NodeParts = {}): number {
  const waiting = createTask("w", service, {
    nodeId: testId<NodeId>("n2"),
    state: "READY",
    desiredState: "READY",
    meta: { version: 1, createdAtMs: MADE_MS, updatedAtMs: MADE_MS },
  });
  const view = viewOf({
    nodes: [createNode("n1", node), createNode("n2")],
    services: [service],
    tasks: [...history, waiting],
  });
  for (let nowMs = MADE_MS, looks = 0; looks < 3; looks++) {
    const { steps, dueInMs } = decideStarts(view, service, nowMs);
    if (dueInMs === null) {
      assert.deepEqual(steps, [[{ kind: "start", taskId: waiting.id }]]);
      return nowMs - MADE_MS;
    }
    assert.deepEqual(steps, []);
    nowMs += dueInMs;
  }
  throw new Error("never starts");
}

function past(service: Service, id: string, endedBeforeMs: number, part: Parts = {}): Task {
  const endedMs = MADE_MS - endedBeforeMs;
  return createTask(id, service, {
    nodeId: testId<NodeId>("n1"),
    desiredState: "SHUTDOWN",
    status: createTaskStatus("FAILED", { appliedAtMs: endedMs }),
    meta: { version: 1, createdAtMs: endedMs - 6000, updatedAtMs: endedMs },
    ...part,
  });
}

const service = createService("web");
const withDelay = (delayMs: number): Service => {
  const restart: RestartPolicy = { condition: "ANY", delayMs, maxAttempts: 0, windowMs: 0 };
  return createService("web", { task: createTaskSpec({ restart }) });
};
const crashes = (count: number, of: Service): Task[] =>
  Array.from({ length: count }, (_, at) => past(of, `h${at}`, (count - at - 1) * 12_000));

const delays: readonly {
  readonly name: string;
  readonly service: Service;
  readonly history: Task[];
  readonly delayMs: number;
}[] = [
  { name: "after a failure", service, history: crashes(1, service), delayMs: 5000 },
  { name: "after two in a row", service, history: crashes(2, service), delayMs: 5000 },
  { name: "after three in a row, doubled", service, history: crashes(3, service), delayMs: 10_000 },
  { name: "after four in a row, doubled again", service, history: crashes(4, service), delayMs: 20_000 },
  {
    name: "after many in a row of which history has kept one",
    service,
    history: [past(service, "h", 0, { quickEnds: 3 })],
    delayMs: 20_000,
  },
  {
    name: "after many in a row, whose own delays were longer than a stable life",
    service,
    history: [1, 2, 3, 4].map((at) =>
      past(service, `h${at}`, (4 - at) * 90_000, {
        meta: { version: 1, createdAtMs: MADE_MS - (4 - at) * 90_000 - 70_000, updatedAtMs: 0 },
        notBeforeMs: MADE_MS - (4 - at) * 90_000 - 1_000,
      }),
    ),
    delayMs: 20_000,
  },
  { name: "after many in a row, at most a minute", service, history: crashes(12, service), delayMs: 60_000 },
  {
    name: "after a life of hours, plain again",
    service,
    history: [
      ...[1, 2, 3].map((at) => past(service, `h${at}`, 4 * HOUR_MS - at)),
      past(service, "long", 0, { meta: { version: 1, createdAtMs: MADE_MS - 3 * HOUR_MS, updatedAtMs: 0 } }),
    ],
    delayMs: 5000,
  },
  {
    name: "as people chose, however often",
    service: withDelay(300),
    history: crashes(9, withDelay(300)),
    delayMs: 300,
  },
  { name: "none if people chose none", service: withDelay(0), history: crashes(1, withDelay(0)), delayMs: 0 },
  {
    name: "none after a task that was told to stop",
    service,
    history: [past(service, "h", 0, { status: createTaskStatus("SHUTDOWN", { appliedAtMs: MADE_MS }) })],
    delayMs: 0,
  },
  {
    name: "none after a task of another spec",
    service,
    history: [past(service, "h", 0, { generation: 9 })],
    delayMs: 0,
  },
  { name: "none without a predecessor", service, history: [], delayMs: 0 },
];
for (const { name, service: of, history, delayMs } of delays) {
  test(`start delay: ${name}: ${delayMs} ms`, () => {
    const waitedMs = startsAfterMs(of, history);
    // One that has grown is up to a fifth shorter, by chance.
    if (delayMs > 5000) assert.ok(waitedMs <= delayMs && waitedMs >= delayMs * 0.8, `${waitedMs} ms`);
    else assert.equal(waitedMs, delayMs);
  });
}

const stopping = past(service, "h", 0, { status: createTaskStatus("RUNNING") });
const waits: readonly {
  readonly name: string;
  readonly old: Task;
  readonly node?: NodeParts;
  readonly waitMs: number;
}[] = [
  { name: "at most a minute for an old task that does not stop", old: stopping, waitMs: STOP_WAIT_MS_MAX },
  { name: "not for one on a node that is down", old: stopping, node: { state: "DOWN" }, waitMs: 0 },
  { name: "for one on a drained node", old: stopping, node: { availability: "DRAIN" }, waitMs: STOP_WAIT_MS_MAX },
  { name: "not for one that is still wanted (start-first)", old: { ...stopping, desiredState: "RUNNING" }, waitMs: 0 },
  { name: "not for one on a removed node", old: { ...stopping, nodeId: testId<NodeId>("gone") }, waitMs: 0 },
];
for (const { name, old, node, waitMs } of waits) {
  test(`a new task waits ${name}`, () => assert.equal(startsAfterMs(service, [old], node), waitMs));
}

test("a clock that went back with the leader does not lengthen the delay", () => {
  const waiting = createTask("w", service, {
    desiredState: "READY",
    state: "READY",
    meta: { version: 1, createdAtMs: MADE_MS, updatedAtMs: MADE_MS },
  });
  const view = viewOf({ services: [service], tasks: [past(service, "h", 0), waiting] });
  assert.equal(decideStarts(view, service, MADE_MS - 3_600_000).dueInMs, 5000);
});

test("a new task waits without end for one that may run unheard, until that counts as lost", () => {
  const loss = { lostAfterMs: 600_000, stopAfterMs: 0, onReturn: "KEEP_NEW" } as const;
  const of = createService("web", { task: createTaskSpec({ loss }) });
  const waiting = createTask("w", of, { desiredState: "READY", state: "READY" });
  const startsIn = (old: Task): number | null => {
    const nodes = [createNode("n1", { state: "DOWN" })];
    const { steps, dueInMs } = decideStarts(viewOf({ nodes, services: [of], tasks: [old, waiting] }), of, 10 * HOUR_MS);
    return steps.length > 0 ? 0 : dueInMs;
  };
  const old = past(of, "h", 0, { status: createTaskStatus("RUNNING") });
  assert.equal(startsIn(old), null);
  assert.equal(startsIn({ ...old, lostAtMs: 5 }), 0);
});
