import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getNode, listNodes, removeNode, updateNode } from "../../../../manager/api/node.ts";
import type { RaftId, RaftMember } from "../../../../raft/ids.ts";
import type { Node } from "../../../../shared/objects/types.ts";
import type { NodeSpec } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const noFilter = { idPrefixes: [], namePrefixes: [], labels: [], roles: [] };

/** Managers m1 (leads) .. mN in the store and in the Raft group, and worker w1. */
async function createCluster(managers: number): Promise<TestApi> {
  const api = await createTestApi();
  const nodes = Array.from({ length: managers }, (_, at) => make.createNode(`m${at + 1}`, { role: "MANAGER" }));
  await api.store.update("nodes", (tx) => {
    for (const node of [...nodes, make.createNode("w1", { labels: { zone: "a" } })]) tx.create("node", node);
  });
  api.store.raft.members = nodes.map(
    ({ id }, at): RaftMember => ({ raftId: (at + 1) as RaftId, nodeId: id, address: `10.77.0.${at + 1}:2377` }),
  );
  api.store.raft.reachable = new Set(api.store.raft.members.map(({ raftId }) => raftId));
  return api;
}

const nodeOf = (api: TestApi, word: string): Node | undefined => api.store.view().get("node", make.testId(word));

function demote(api: TestApi, ref: string): Promise<Node> {
  return change(api, ref, { desiredRole: "WORKER" });
}

async function change(api: TestApi, ref: string, part: Partial<Node["spec"]>, version?: number): Promise<Node> {
  const node = await getNode(api, ref);
  const spec = structuredClone({ ...node.spec, ...part }) as unknown as NodeSpec;
  return await updateNode(api, { ref, version: version ?? node.meta.version, spec });
}

describe("nodes as they are read", () => {
  it("show leader and reachability from the Raft group", async () => {
    const api = await createCluster(3);
    api.store.raft.reachable.delete(3 as RaftId);
    const nodes = await listNodes(api, noFilter);
    assert.deepEqual(
      nodes.map(({ description, managerStatus }) => [
        description?.hostname,
        managerStatus?.leader,
        managerStatus?.reachability,
        managerStatus?.address,
      ]),
      [
        ["m1", true, "REACHABLE", "10.77.0.1:2377"],
        ["m2", false, "REACHABLE", "10.77.0.2:2377"],
        ["m3", false, "UNREACHABLE", "10.77.0.3:2377"],
        ["w1", undefined, undefined, undefined],
      ],
    );
  });

  it("are filtered by role, label and name; host names may be shared", async () => {
    const api = await createCluster(1);
    await api.store.update("twin", (tx) => tx.create("node", make.createNode("w2", { hostname: "w1" })));
    const list = async (filter: object) => (await listNodes(api, { ...noFilter, ...filter })).length;
    assert.equal(await list({ roles: ["MANAGER"] }), 1);
    assert.equal(await list({ labels: ["zone"] }), 1);
    assert.equal(await list({ namePrefixes: ["W"] }), 2);
    await assert.rejects(getNode(api, "w1"), { message: "node w1 is ambiguous (2 matches found): give its whole id" });
    await assert.rejects(getNode(api, "x9"), { code: "notFound", message: "node x9 not found" });
  });
});

describe("updateNode", () => {
  it("changes availability, labels and the wanted role, and leaves the role itself to others", async () => {
    const api = await createCluster(1);
    const annotations = { name: "", labels: { zone: "b" } };
    const node = await change(api, "w1", { availability: "DRAIN", annotations, desiredRole: "MANAGER" });
    assert.deepEqual(
      [node.spec.availability, { ...node.spec.annotations.labels }, node.spec.desiredRole, node.role],
      ["DRAIN", { zone: "b" }, "MANAGER", "WORKER"],
    );
  });

  it("refuses a version that is not current", async () => {
    const api = await createCluster(1);
    const { meta } = await change(api, "w1", { availability: "PAUSE" });
    await assert.rejects(change(api, "w1", {}, meta.version - 1), { code: "aborted", message: /out of sequence/ });
  });

  it("does not demote the last manager", async () => {
    const api = await createCluster(1);
    await assert.rejects(demote(api, "m1"), {
      code: "failedPrecondition",
      message: /^attempting to demote the last manager of the swarm \(m1\)/,
    });
    assert.equal(nodeOf(api, "m1")?.spec.desiredRole, "MANAGER");
  });

  it("does not demote a manager whose leaving loses quorum (3 managers, one unreachable)", async () => {
    const api = await createCluster(3);
    api.store.raft.reachable.delete(3 as RaftId);
    await assert.rejects(demote(api, "m2"), {
      code: "failedPrecondition",
      message: /would lose quorum: only 1 of the 2 other managers can be reached/,
    });
    await demote(api, "m3");
    assert.equal(nodeOf(api, "m3")?.spec.desiredRole, "WORKER");
  });
});

describe("removeNode", () => {
  it("refuses a ready node without force, and says what to do", async () => {
    const api = await createCluster(1);
    await assert.rejects(removeNode(api, { ref: "w1", force: false }), {
      code: "failedPrecondition",
      message: /^node w1 is not down and cannot be removed: .*swarmctl leave.*--force/,
    });
  });

  it("refuses a manager, even with force, and a node still in the Raft group", async () => {
    const api = await createCluster(2);
    await assert.rejects(removeNode(api, { ref: "m2", force: true }), { message: /m2 is a manager: demote it/ });
    await api.store.update("demoted", (tx) => {
      const node = make.createNode("m2");
      tx.update("node", node);
    });
    await assert.rejects(removeNode(api, { ref: "m2", force: true }), { message: /is a manager/ });
  });

  it("revokes the certificate and orphans the tasks, however many", async () => {
    const api = await createCluster(1);
    const web = make.createService("web");
    const nodeId = make.createNode("w1").id;
    await api.store.update("down", (tx) => tx.update("node", make.createNode("w1", { state: "DOWN" })));
    for (let from = 0; from < 400; from += 100) {
      await api.store.update("tasks", (tx) => {
        for (let at = from; at < from + 100; at++) tx.create("task", make.createTask(`t${at}`, web, { nodeId }));
      });
    }
    await api.store.update("ended", (tx) =>
      tx.create("task", make.createTask("ended", web, { nodeId, state: "FAILED" })),
    );
    await removeNode(api, { ref: "w1", force: false });
    const view = api.store.view();
    assert.equal(nodeOf(api, "w1"), undefined);
    assert.ok((view.cluster().revokedCertificates[nodeId]?.expiresAtMs ?? 0) > Date.now());
    const states = view.tasksOfNode(nodeId).map(({ status }) => status.state);
    assert.equal(states.filter((state) => state === "ORPHANED").length, 400);
    assert.equal(states.filter((state) => state === "FAILED").length, 1);
  });

  it("takes a ready node with force", async () => {
    const api = await createCluster(1);
    await removeNode(api, { ref: "w1", force: true });
    assert.equal(nodeOf(api, "w1"), undefined);
  });
});
