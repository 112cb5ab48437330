import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PROGRESS_SLOTS_MAX, serviceProgress } from "../../../../manager/tasks/service-progress.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node, Service, Task } from "../../../../shared/objects/types.ts";
import type { ServiceProgress } from "../../../../shared/rpc/gen/control.ts";
import type { Endpoint, RestartPolicy, UpdateStatus } from "../../../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import * as make from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const OLD = 6;
const NOW = 7;
type Parts = Partial<Task> & { readonly state?: Task["status"]["state"]; readonly err?: string };

const endpoint = (...published: readonly number[]): Endpoint => ({
  mode: "VIP",
  ports: published.map((publishedPort) => make.createPort({ publishedPort })),
  virtualIps: [],
});
const web = (parts: make.ServiceSpecParts = {}, rest: Partial<Service> = {}): Service =>
  make.createService("web", { replicas: 2, ...parts }, { generation: NOW, endpoint: endpoint(), ...rest });

/** Slot 1 at instant 0, and so on, unless it is said otherwise. */
function task(id: string, slot: number, state: Task["status"]["state"], parts: Parts = {}): Task {
  const { err = "", ...rest } = parts;
  return make.createTask(id, web(), {
    slot,
    status: make.createTaskStatus(state, { err }),
    endpoint: endpoint(),
    nodeId: make.testId<NodeId>("n1"),
    ...rest,
  });
}
const ended = (id: string, slot: number, state: Task["status"]["state"], parts: Parts = {}): Task =>
  task(id, slot, state, { desiredState: "SHUTDOWN", ...parts });
const later = (createdAtMs: number) => ({ meta: { ...make.NO_META, createdAtMs } });
const oldImage = {
  generation: OLD,
  spec: make.createTaskSpec({ container: make.createContainerSpec({ image: "old" }) }),
};

function progress(of: Service, tasks: readonly Task[], nodes: readonly Node[] = [make.createNode("n1")]) {
  return serviceProgress(viewOf({ services: [of], tasks, nodes }), of.id);
}

/** "1/2 1=RUNNING 2=NEW(no such image)", with a ! where it has converged. */
function words({ running, wanted, converged, slots }: ServiceProgress): string {
  const each = slots.map(({ name, state, error, errorIsEarlier, over }) => {
    return `${name}=${state}${error === "" ? "" : `(${errorIsEarlier ? "before: " : ""}${error})`}${over ? " over" : ""}`;
  });
  return [`${running}/${wanted}${converged ? "!" : ""}`, ...each].join(" ");
}

describe("a replicated service", () => {
  const both = [task("a", 1, "RUNNING"), task("b", 2, "RUNNING")];
  const cases: readonly (readonly [name: string, of: Service, tasks: readonly Task[], expected: string])[] = [
    ["has empty slots at first", web(), [], "0/2 1=NEW 2=NEW"],
    [
      "with half of its tasks has not",
      web(),
      [task("a", 1, "RUNNING"), task("b", 2, "PREPARING")],
      "1/2 1=RUNNING 2=PREPARING",
    ],
    ["with all of its tasks has converged", web(), both, "2/2! 1=RUNNING 2=RUNNING"],
    [
      "may have other slots than the first",
      web(),
      [task("a", 2, "RUNNING"), task("b", 5, "RUNNING"), ended("c", 1, "SHUTDOWN", { desiredState: "REMOVE" })],
      "2/2! 2=RUNNING 5=RUNNING",
    ],
    ["with a task too many has not", web(), [...both, task("c", 3, "RUNNING")], "2/2 1=RUNNING 2=RUNNING"],
    [
      "does not count a task of the old image",
      web(),
      [task("a", 1, "RUNNING"), task("b", 2, "RUNNING", oldImage)],
      "1/2 1=RUNNING 2=NEW",
    ],
    [
      "counts a task of an older spec that says the same",
      web(),
      [task("a", 1, "RUNNING"), task("b", 2, "RUNNING", { generation: OLD })],
      "2/2! 1=RUNNING 2=RUNNING",
    ],
    [
      "whose ports alone were changed waits for its tasks to follow",
      web({ ports: [make.createPort({ publishedPort: 81 })] }, { endpoint: endpoint(81) }),
      both.map((each) => ({ ...each, generation: OLD, endpoint: endpoint(80) })),
      "2/2 1=RUNNING 2=RUNNING",
    ],
    [
      "whose ports alone were changed waits for the allocator",
      web({ ports: [make.createPort({ publishedPort: 81 })] }, { endpoint: endpoint(80) }),
      both,
      "2/2 1=RUNNING 2=RUNNING",
    ],
    [
      "that starts the new task first waits until the old one is told to go",
      web({ replicas: 1 }),
      [task("a", 1, "RUNNING", oldImage), task("b", 1, "RUNNING", later(5))],
      "1/1 1=RUNNING",
    ],
    [
      "says of a replacement that waits what its predecessor died of",
      web(),
      [
        ended("a", 1, "FAILED", { err: "exit 1" }),
        task("b", 1, "READY", { desiredState: "READY", ...later(5) }),
        task("c", 2, "RUNNING"),
      ],
      "1/2 1=READY(before: exit 1) 2=RUNNING",
    ],
    [
      "says of a slot between two tasks what the last one died of, but not of an older spec's",
      web(),
      [ended("a", 1, "REJECTED", { err: "no such image" }), ended("b", 2, "FAILED", { err: "old story", ...oldImage })],
      "0/2 1=NEW(before: no such image) 2=NEW",
    ],
    [
      "says why a task finds no node",
      web({ replicas: 1 }),
      [task("a", 1, "PENDING", { err: "no suitable node (1 node is drained)", nodeId: "" })],
      "0/1 1=PENDING(no suitable node (1 node is drained))",
    ],
    ["of zero replicas has converged without tasks", web({ replicas: 0 }, { endpoint: null }), [], "0/0!"],
    ["of zero replicas has not while a task is left", web({ replicas: 0 }), [task("a", 1, "RUNNING")], "0/0"],
  ];
  for (const [name, of, tasks, expected] of cases) {
    it(name, () => assert.equal(words(progress(of, tasks)), expected));
  }

  it("of many slots tells those that do not run, and fills up with others", () => {
    const count = PROGRESS_SLOTS_MAX + 100;
    const tasks = Array.from({ length: count }, (_, at) =>
      task(`t${at}`, at + 1, at === count - 1 ? "NEW" : "RUNNING"),
    );
    const { slots, running, wanted } = progress(web({ replicas: count }), tasks);
    assert.deepEqual([slots.length, running, wanted], [PROGRESS_SLOTS_MAX, count - 1, count]);
    assert.deepEqual([slots[0]?.name, slots[1]?.name, slots.at(-1)?.name], ["1", "2", String(count)]);
  });
});

describe("a slot whose task has ended", () => {
  const policy = (parts: Partial<RestartPolicy>): RestartPolicy => ({
    condition: "ANY",
    maxAttempts: 0,
    windowMs: 0,
    ...parts,
  });
  for (const [restart, state, expected] of [
    [policy({ condition: "NONE" }), "COMPLETE", "0/1! 1=COMPLETE over"],
    [policy({ condition: "NONE" }), "FAILED", "0/1 1=FAILED(exit 1) over"],
    [policy({ condition: "ON_FAILURE" }), "COMPLETE", "0/1! 1=COMPLETE over"],
    [policy({ condition: "ON_FAILURE" }), "FAILED", "0/1 1=NEW(before: exit 1)"],
    [policy({}), "COMPLETE", "0/1 1=NEW"],
    [policy({ maxAttempts: 1 }), "FAILED", "0/1 1=FAILED(exit 1) over"],
    [policy({ maxAttempts: 2 }), "FAILED", "0/1 1=NEW(before: exit 1)"],
    // Within a window the leader counts, too: both ended at the same instant.
    [policy({ maxAttempts: 1, windowMs: 1_000 }), "FAILED", "0/1 1=FAILED(exit 1) over"],
  ] as const) {
    it(`twice ${state} under ${restart.condition}, ${restart.maxAttempts} in ${restart.windowMs}: ${expected}`, () => {
      const spec = make.createTaskSpec({ restart });
      const err = state === "FAILED" ? "exit 1" : "";
      const tasks = ["a", "b"].map((id, at) => ended(id, 1, state, { spec, err, ...later(at) }));
      assert.equal(words(progress(web({ replicas: 1, task: spec }), tasks)), expected);
    });
  }

  it("names the newest three of this generation that ended by themselves, the newest first", () => {
    const tasks = [
      ended("old", 1, "FAILED", { generation: OLD, ...later(0) }),
      ended("a", 1, "FAILED", later(1)),
      ended("b", 1, "REJECTED", later(2)),
      ended("told", 1, "SHUTDOWN", later(3)),
      ended("c", 1, "COMPLETE", later(4)),
      ended("d", 1, "FAILED", later(5)),
    ];
    const [slot] = progress(web({ replicas: 1 }), tasks).slots;
    assert.deepEqual(slot?.endedTasks, ["d", "c", "b"].map(make.testId));
  });
});

describe("a global service", () => {
  const agent = (parts: make.ServiceSpecParts = {}): Service => web({ replicas: "global", ...parts });
  const on = (node: string, state: Task["status"]["state"], parts: Parts = {}): Task =>
    task(`t${node}`, 0, state, { nodeId: make.testId<NodeId>(node), ...parts });
  const placement = { ...ANYWHERE, constraints: ["node.hostname!=h3"] };
  const node = (id: string, parts: make.NodeParts = {}): Node =>
    make.createNode(id, { hostname: `h${id.slice(1)}`, ...parts });

  for (const [name, nodes, tasks, expected] of [
    [
      "has a slot on each node, in natural order",
      [node("n1"), node("n10"), node("n2")],
      [on("n2", "RUNNING")],
      "1/3 h1=NEW h2=RUNNING h10=NEW",
    ],
    [
      "leaves out nodes that its constraints exclude",
      [node("n1"), node("n3")],
      [on("n1", "RUNNING")],
      "1/1! h1=RUNNING",
    ],
    [
      "leaves out nodes that are down or drained",
      [node("n1"), node("n4", { state: "DOWN" }), node("n5", { availability: "DRAIN" })],
      [on("n1", "RUNNING")],
      "1/1! h1=RUNNING",
    ],
    [
      "does not wait for a paused node, which keeps its old task",
      [node("n1"), node("n4", { availability: "PAUSE" })],
      [on("n1", "RUNNING"), on("n4", "RUNNING", oldImage)],
      "1/1! h1=RUNNING",
    ],
    [
      "waits for the old task of a node that is only silent",
      [node("n1", { state: "DISCONNECTED" })],
      [on("n1", "RUNNING", oldImage)],
      "0/1 h1=NEW",
    ],
    [
      "waits until a drained node's task is told to go",
      [node("n1", { availability: "DRAIN" })],
      [on("n1", "RUNNING")],
      "0/0",
    ],
    ["without a fitting node has converged", [node("n3")], [], "0/0!"],
  ] as const) {
    it(name, () => {
      const spec = make.createTaskSpec({ placement });
      const placed = tasks.map((each) => ({ ...each, spec: { ...each.spec, placement } }));
      assert.equal(words(progress(agent({ task: spec }), placed, nodes)), expected);
    });
  }
});

describe("what is told of the service", () => {
  const status = (state: UpdateStatus["state"]): UpdateStatus => ({
    state,
    startedAtMs: 1,
    completedAtMs: 0,
    failedTask: "",
    message: "m",
  });
  const config = (monitorMs: number) => ({
    parallelism: 1,
    delayMs: 0,
    monitorMs,
    failureAction: "ROLLBACK" as const,
    maxFailureRatio: 0,
    order: "STOP_FIRST" as const,
    canary: "",
  });

  it("a service that is no more is removed, whatever is left of its tasks", () => {
    const gone = serviceProgress(viewOf({ tasks: [task("a", 1, "RUNNING")] }), web().id);
    assert.deepEqual([gone.removed, gone.converged, gone.slots], [true, false, []]);
  });

  for (const [state, previousSpec, rolledBack, monitorMs] of [
    ["UPDATING", make.createServiceSpec(), false, 2_000],
    ["COMPLETED", make.createServiceSpec(), false, 2_000],
    // People who roll back can go forward again; a failed spec is not kept.
    ["ROLLBACK_STARTED", make.createServiceSpec(), false, 3_000],
    ["ROLLBACK_STARTED", null, true, 3_000],
    ["ROLLBACK_PAUSED", null, true, 3_000],
    ["ROLLBACK_COMPLETED", null, true, 3_000],
  ] as const) {
    it(`${state} ${previousSpec === null ? "without" : "with"} a spec to go back to: rolled back is ${rolledBack}`, () => {
      const parts = { update: config(2_000), rollback: config(3_000) };
      const troubles = [{ loop: "updater", sentence: "oops" }];
      const said = progress(web(parts, { updateStatus: status(state), previousSpec, troubles }), []);
      assert.deepEqual([said.rolledBack, said.monitorMs, said.updateStatus?.state], [rolledBack, monitorMs, state]);
      assert.deepEqual([said.troubles, said.generation, said.name, said.global], [troubles, NOW, "web", false]);
    });
  }

  it("the monitor time is 5 s where nothing is said", () => assert.equal(progress(web(), []).monitorMs, 5_000));
});

describe("a job", () => {
  const batch = web({ job: { total: 2, max: 1 } });
  const of = (id: string, slot: number, state: Task["status"]["state"], parts: Parts = {}): Task =>
    task(id, slot, state, { desiredState: "COMPLETE", jobIteration: 0, ...parts });
  const cases: readonly (readonly [name: string, tasks: readonly Task[], expected: string])[] = [
    ["that works has not converged", [of("a", 1, "RUNNING")], "0 done 1/2 1=RUNNING 2=NEW"],
    ["with one slot done has not", [of("a", 1, "COMPLETE")], "1 done 0/2 1=COMPLETE over 2=NEW"],
    [
      "with all slots done has",
      [of("a", 1, "COMPLETE"), of("b", 2, "COMPLETE")],
      "2 done 0/2! 1=COMPLETE over 2=COMPLETE over",
    ],
    [
      "that is done while its run before still stops has not",
      [of("a", 1, "COMPLETE"), of("b", 2, "COMPLETE"), ended("c", 1, "RUNNING", { jobIteration: 4 })],
      "2 done 0/2 1=COMPLETE over 2=COMPLETE over",
    ],
    [
      "is done where a task ended well that had been written off",
      [ended("a", 1, "COMPLETE", { jobIteration: 0 }), of("b", 1, "RUNNING"), of("c", 2, "COMPLETE")],
      "2 done 1/2 1=RUNNING 2=COMPLETE over",
    ],
  ];
  for (const [name, tasks, expected] of cases) {
    it(name, () => {
      const found = progress(batch, tasks);
      assert.equal(`${found.completed} done ${words(found)}`, expected);
      assert.equal(found.job, true);
    });
  }
});
