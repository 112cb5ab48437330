import { strict as assert } from "node:assert";
import { test } from "node:test";
import { decideRoles, staysQuorate } from "../../../../manager/role/decide-roles.ts";
import type { RaftId, RaftMember } from "../../../../raft/ids.ts";
import type { RaftStatus } from "../../../../raft/raft-handle.ts";
import type { Node } from "../../../../shared/objects/types.ts";
import { createNode, testId } from "../../../support/objects.ts";
import { viewOf } from "../../../support/view.ts";

const member = (raftId: number, nodeId: string): RaftMember => ({
  raftId: raftId as RaftId,
  nodeId: testId(nodeId),
  address: `10.77.0.${raftId}:2377`,
});

function status(members: readonly RaftMember[], unreachable: readonly number[] = []): RaftStatus {
  return {
    raftId: 1 as RaftId,
    term: 1 as RaftStatus["term"],
    role: "leader",
    leader: 1 as RaftId,
    commit: 1 as RaftStatus["commit"],
    applied: 1 as RaftStatus["applied"],
    members,
    reachable: new Set(members.map(({ raftId }) => raftId).filter((id) => !unreachable.includes(id))),
  };
}

/** A manager that is recorded as member `raftId`. */
function manager(id: string, raftId: number, desiredRole: "MANAGER" | "WORKER" = "MANAGER"): Node {
  const node = createNode(id, {
    role: "MANAGER",
    managerStatus: { raftId, address: `10.77.0.${raftId}:2377`, leader: false, reachability: "UNKNOWN" },
  });
  return { ...node, spec: { ...node.spec, desiredRole } };
}

function decide(
  nodes: readonly Node[],
  raft: RaftStatus,
): { readonly steps: string[]; readonly waiting: readonly string[] } {
  const { steps, waiting } = decideRoles(viewOf({ nodes }), raft);
  const show = (id: string): string => id.replace(/z+$/, "");
  return {
    steps: steps.map((step) => {
      if (step.kind === "removeMember") return `remove ${step.raftId}`;
      if (step.kind === "handOver") return `hand over to ${step.to}`;
      if (step.kind === "record") return `record ${show(step.nodeId)}=${step.member?.raftId ?? "none"}`;
      return `${step.kind} ${show(step.nodeId)}`;
    }),
    waiting,
  };
}

const three = [member(1, "n1"), member(2, "n2"), member(3, "n3")];
const worker = createNode("w1");
const wanted = { ...worker, spec: { ...worker.spec, desiredRole: "MANAGER" as const } };

const cases: readonly {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly raft: RaftStatus;
  readonly steps: string[];
}[] = [
  {
    name: "a group as people want it is left alone",
    nodes: [manager("n1", 1), worker],
    raft: status([member(1, "n1")]),
    steps: [],
  },
  {
    name: "a worker that is to manage is promoted",
    nodes: [manager("n1", 1), wanted],
    raft: status([member(1, "n1")]),
    steps: ["promote w1"],
  },
  {
    name: "a manager that joined the group is recorded",
    nodes: [manager("n1", 1), createNode("n2", { role: "MANAGER" })],
    raft: status(three.slice(0, 2)),
    steps: ["record n2=2"],
  },
  {
    name: "a manager that is to work leaves the group, and keeps its role until it has",
    nodes: [manager("n1", 1), manager("n2", 2), manager("n3", 3, "WORKER")],
    raft: status(three),
    steps: ["remove 3"],
  },
  {
    name: "a manager that has left the group loses its role",
    nodes: [manager("n1", 1), manager("n2", 2), manager("n3", 3, "WORKER")],
    raft: status(three.slice(0, 2)),
    steps: ["demote n3", "record n3=none"],
  },
  {
    name: "a leader that is to work hands over first",
    nodes: [manager("n1", 1, "WORKER"), manager("n2", 2), manager("n3", 3)],
    raft: status(three),
    steps: ["hand over to 2"],
  },
  {
    name: "leadership is not handed to one that is to work too",
    nodes: [manager("n1", 1, "WORKER"), manager("n2", 2, "WORKER"), manager("n3", 3)],
    raft: status(three),
    steps: ["hand over to 3"],
  },
  {
    name: "a member whose node is no more is removed",
    nodes: [manager("n1", 1), manager("n2", 2)],
    raft: status(three, [3]),
    steps: ["remove 3"],
  },
  {
    name: "only one member leaves at a time",
    nodes: [manager("n1", 1), manager("n2", 2, "WORKER"), manager("n3", 3, "WORKER")],
    raft: status(three),
    steps: ["remove 2"],
  },
  {
    name: "a node that came back under a new number loses the old one",
    nodes: [manager("n1", 1), manager("n2", 4), manager("n3", 3)],
    raft: status([...three, member(4, "n2")], [2]),
    steps: ["remove 2"],
  },
];
for (const { name, nodes, raft, steps } of cases) test(name, () => assert.deepEqual(decide(nodes, raft).steps, steps));

test("the last manager does not leave", () => {
  const { steps, waiting } = decide([manager("n1", 1, "WORKER")], status([member(1, "n1")]));
  assert.deepEqual(steps, []);
  assert.match(waiting.join(), /too few managers would be reachable/);
});

test("a manager does not leave while another is unreachable and the quorum would break", () => {
  const nodes = [manager("n1", 1), manager("n2", 2, "WORKER"), manager("n3", 3)];
  const { steps, waiting } = decide(nodes, status(three, [3]));
  assert.deepEqual(steps, []);
  assert.equal(waiting.length, 1);
});

test("the unreachable manager itself may leave", () => {
  const nodes = [manager("n1", 1), manager("n2", 2), manager("n3", 3, "WORKER")];
  assert.deepEqual(decide(nodes, status(three, [3])).steps, ["remove 3"]);
});

const quorums: readonly [number, readonly number[], number, boolean][] = [
  [1, [], 1, false],
  [2, [], 2, true],
  [2, [2], 2, true],
  [3, [], 3, true],
  [3, [2], 3, false],
  [3, [3], 3, true],
  [5, [4], 5, true],
  [5, [4, 3], 5, false],
];
for (const [count, unreachable, without, expected] of quorums) {
  test(`${count} members, unreachable ${unreachable.join("+") || "none"}: ${without} ${expected ? "may" : "may not"} leave`, () => {
    const members = Array.from({ length: count }, (_, at) => member(at + 1, `n${at + 1}`));
    assert.equal(staysQuorate(status(members, unreachable), without as RaftId), expected);
  });
}
