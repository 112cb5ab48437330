import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { planExaminations } from "../../../../manager/doctor/examination-plan.ts";
import type { RaftId, RaftMember } from "../../../../raft/ids.ts";
import { WAYS_MAX } from "../../../../shared/doctor/limits.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Node } from "../../../../shared/objects/types.ts";
import { published } from "../../../support/doctor-facts.ts";
import { createNode } from "../../../support/objects.ts";

function nodesOf(count: number): readonly Node[] {
  return Array.from({ length: count }, (_, at) => {
    const node = createNode(`n${at}`);
    return { ...node, status: { ...node.status, address: `10.77.${Math.floor(at / 250)}.${(at % 250) + 1}` } };
  });
}

function planOf(count: number, managers: number, isThere: (at: number) => boolean = () => true) {
  const nodes = nodesOf(count);
  const members: readonly RaftMember[] = nodes
    .slice(0, managers)
    .map(({ id, status }, at) => ({ raftId: (at + 1) as RaftId, nodeId: id, address: `${status.address}:2377` }));
  const inSession = new Set(nodes.filter((_, at) => isThere(at)).map(({ id }) => id));
  const ports = [published(), published({ port: 81, nodeId: nodes[0]?.id ?? "" })];
  return { nodes, plans: planExaminations({ examinationId: "e", nodes, inSession, raft: { members }, ports }) };
}

test("whoever is tried through the overlay tries back, nobody itself, nobody more than the limit", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 0, max: 9 }),
      fc.integer(),
      (count, managers, seed) => {
        const { plans } = planOf(count, Math.min(managers, count), (at) => ((seed >> (at % 31)) & 1) === 0);
        const hostsOf = (id: string) => plans.get(id as NodeId)?.examination.hosts ?? [];
        for (const [id, { examination }] of plans) {
          const { hosts = [] } = examination;
          assert.ok(hosts.length <= WAYS_MAX);
          assert.equal(new Set(hosts.map(({ nodeId }) => nodeId)).size, hosts.length);
          for (const { nodeId = "", mutual = false } of hosts) {
            assert.notEqual(nodeId, id);
            if (mutual) assert.ok(hostsOf(nodeId).some((back) => back.nodeId === id && back.mutual === true));
          }
        }
      },
    ),
  );
});

test("in a small swarm everybody tries everybody, and the ports of the next; a host that is not there is tried too", () => {
  const { nodes, plans } = planOf(3, 1, (at) => at !== 2);
  const [first, second, third] = nodes;
  assert.equal(plans.get(third?.id as NodeId), undefined);
  const { examination, triedPortsOf } = plans.get(first?.id as NodeId) ?? assert.fail("no plan");
  assert.deepEqual(examination.hosts, [
    { nodeId: second?.id, address: "10.77.0.2", managerAddress: "", mutual: true },
    { nodeId: third?.id, address: "10.77.0.3", managerAddress: "", mutual: false },
  ]);
  assert.equal(triedPortsOf, second?.id);
  assert.deepEqual(examination.ports, [
    { protocol: "tcp", port: 80 },
    { protocol: "tcp", port: 81 },
  ]);
  assert.deepEqual(examination.otherPorts, [{ protocol: "tcp", port: 80 }], "the other port is the first host's own");
});

test("in a large swarm all managers are still tried by everybody", () => {
  const { plans } = planOf(100, 5);
  for (const { examination } of plans.values()) {
    const { hosts = [] } = examination;
    assert.ok(hosts.filter(({ managerAddress }) => managerAddress !== "").length >= 4);
  }
});
