import assert from "node:assert/strict";
import { test } from "node:test";
import { NodeLoad } from "../../../../../manager/scheduler/node-load.ts";
import { NodeIndex, wayTo } from "../../../../../manager/scheduler/rebalance/node-index.ts";
import type { NodeId } from "../../../../../shared/ids.ts";
import { seededRandom } from "../../../../../shared/ports/seeded-random.ts";
import { createNode, createService, createTask, testId } from "../../../../support/objects.ts";

const NODES = 40;
const services = [createService("s0"), createService("s1"), createService("s2")];

test("nodes stand in order of their tasks, and those with tasks of a service are known, whatever comes and goes", () => {
  const random = seededRandom(3);
  const index = new NodeIndex();
  const loads = Array.from({ length: NODES }, (_, at) => {
    const labels = { zone: `z${at % 3}` };
    const load = new NodeLoad(createNode(`n${at}a`, at % 7 === 0 ? {} : { labels }), []);
    index.add(load);
    return load;
  });
  const keys = ["node.labels.zone"];
  const present: { readonly load: NodeLoad; readonly task: ReturnType<typeof createTask> }[] = [];
  for (let step = 0; step < 600; step++) {
    if (present.length > 0 && random.below(3) === 0) {
      const [gone] = present.splice(random.below(present.length), 1);
      if (gone !== undefined) index.change(gone.load, gone.task.serviceId, () => void gone.load.remove(gone.task.id));
    } else {
      const load = loads[random.below(NODES)] as NodeLoad;
      const service = services[random.below(services.length)] as (typeof services)[number];
      const nodeId = load.node.id as NodeId;
      const task = createTask(`t${step}a`, service, { nodeId, slot: step + 1 });
      index.change(load, service.id, () => void load.add(task));
      present.push({ load, task });
    }
    if (step % 20 !== 0) continue;
    for (const labels of [[], keys]) {
      const leaves = [...index.leaves(labels)];
      assert.equal(
        leaves.reduce((sum, { nodes }) => sum + nodes.size, 0),
        NODES,
      );
      for (const { way, nodes } of leaves) {
        const inLeaf = loads.filter((load) => wayTo(load, labels).at(-1) === way.at(-1));
        const sorted = inLeaf.toSorted((a, b) => a.taskCount - b.taskCount || loads.indexOf(a) - loads.indexOf(b));
        assert.deepEqual(
          [...nodes].map(({ load }) => load.node.id),
          sorted.map(({ node }) => node.id),
        );
      }
    }
    for (const { id } of services) {
      const holders = loads.filter((load) => load.countOf(id) > 0).map(({ node }) => node.id);
      assert.deepEqual([...index.holders(id)].map(({ node }) => node.id).toSorted(), holders.toSorted());
    }
  }
});

test("a node that is not there is not found", () => {
  assert.equal(new NodeIndex().get(testId<NodeId>("n1")), undefined);
});
