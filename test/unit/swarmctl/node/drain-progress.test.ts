import { strict as assert } from "node:assert";
import { test } from "node:test";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node, Task } from "../../../../shared/objects/types.ts";
import { drainProgress } from "../../../../swarmctl/node/drain-progress.ts";
import { createNode, createService, createTask, type NodeParts, testId } from "../../../support/objects.ts";

const EVACUATION = { timeoutMs: 60_000, startedAtMs: 0 };
const NEVER: Task["spec"]["restart"] = { condition: "NONE", delayMs: 0, maxAttempts: 0, windowMs: 0 };
const web = createService("web");

type Parts = Partial<Task & { state: Task["status"]["state"] }>;
const on = (node: string, slot: number, part: Parts = {}): Task =>
  createTask(`t${slot}${node}`, web, { nodeId: testId<NodeId>(node), slot, ...part });
const nodeWith = (parts: NodeParts): Node => createNode("old", parts);
const emptied = nodeWith({ availability: "PAUSE", evacuation: EVACUATION });
const drained = nodeWith({ availability: "DRAIN" });

const CASES: readonly (readonly [string, Node, readonly Task[], readonly Task[], string])[] = [
  ["nothing is left", drained, [on("old", 1, { state: "SHUTDOWN" })], [], "drained"],
  [
    "a container that stops is waited for",
    drained,
    [on("old", 1, { desiredState: "SHUTDOWN" })],
    [],
    "1 task left; web.1: stops",
  ],
  [
    "what runs on a host that is down is not waited for",
    nodeWith({ availability: "DRAIN", state: "DOWN" }),
    [on("old", 1, { desiredState: "SHUTDOWN" })],
    [],
    "drained",
  ],
  ["empty, but not drained yet", emptied, [], [], "0 tasks left"],
  ["no successor yet", emptied, [on("old", 1)], [], "1 task left; web.1: waits for its turn"],
  [
    "a global service's task, whatever runs elsewhere",
    emptied,
    [on("old", 0)],
    [on("new", 0)],
    "1 task left; web.oldzzzzzzzzzzzzzzzzzzzzzz: stays until the node is drained",
  ],
  [
    "a successor on its way, and another slot's",
    emptied,
    [on("old", 1), on("old", 2)],
    [on("new", 1, { state: "PREPARING" }), on("new", 3)],
    "2 tasks left; web.1: waits for its successor (preparing); web.2: waits for its turn",
  ],
  [
    "more than can be read are counted, in natural order",
    emptied,
    Array.from({ length: 22 }, (_, at) => on("old", 22 - at, { desiredState: "SHUTDOWN" })),
    [],
    `22 tasks left; ${Array.from({ length: 20 }, (_, at) => `web.${at + 1}: stops`).join("; ")}; 2 more`,
  ],
  [
    "a job, of which another run is under way elsewhere",
    emptied,
    [on("old", 1, { jobIteration: 1 })],
    [on("new", 1, { jobIteration: 2, state: "RUNNING" })],
    "1 task left; web.1: works to its end, for a job is not begun a second time",
  ],
  [
    "what may not be started again",
    emptied,
    [on("old", 1, { spec: { ...on("old", 1).spec, restart: NEVER } })],
    [],
    "1 task left; web.1: runs to its end, for its restart condition allows no other",
  ],
  ["somebody else made it active", nodeWith({}), [on("old", 1)], [], "givenUp"],
  ["somebody else only paused it", nodeWith({ availability: "PAUSE" }), [], [], "givenUp"],
];
for (const [name, node, tasks, others, expected] of CASES) {
  test(name, () => {
    const progress = drainProgress(node, tasks, others);
    assert.equal(progress.kind === "under way" ? progress.lines.join("; ") : progress.kind, expected);
  });
}

test("says why there is no successor", () => {
  const heir = on("new", 1, { state: "PENDING" });
  const waiting = { ...heir, status: { ...heir.status, err: "no suitable node (insufficient resources on 2 nodes)" } };
  const progress = drainProgress(emptied, [on("old", 1)], [waiting]);
  assert.deepEqual(progress, {
    kind: "under way",
    lines: [
      "1 task left",
      "web.1: waits for its successor (pending: no suitable node (insufficient resources on 2 nodes))",
    ],
  });
});
