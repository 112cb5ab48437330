import { strict as assert } from "node:assert";
import { test } from "node:test";
import { parseAffinity } from "../../../../shared/affinity.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import type { Service, Task } from "../../../../shared/objects/types.ts";
import { ANYWHERE } from "../../../../shared/service-spec/defaults.ts";
import { createNode, createService, createTask, createTaskSpec, testId } from "../../../support/objects.ts";
import { scheduleOnce } from "../../../support/schedule.ts";
import { viewOf } from "../../../support/view.ts";

const short = (id: string): string => id.replace(/z+$/, "");
/** Two zones of two nodes. */
const NODES = [
  createNode("a1", { labels: { zone: "a" } }),
  createNode("a2", { labels: { zone: "a" } }),
  createNode("b1", { labels: { zone: "b" } }),
  createNode("b2", { labels: { zone: "b" } }),
  createNode("c0"),
];
const service = (name: string, ...affinities: readonly string[]): Service =>
  createService(name, {
    task: createTaskSpec({ placement: { ...ANYWHERE, affinities: affinities.map(parseAffinity) } }),
  });
const db = service("db");
const on = (node: string, of: Service): Task =>
  createTask(`r${of.spec.annotations.name}${node}`, of, { nodeId: testId<NodeId>(node) });

/** Where `count` new tasks of the service go: nodes in order, or the reasons. */
function place(of: Service, count: number, placed: readonly Task[], others: readonly Service[] = []): string {
  const tasks = Array.from({ length: count }, (_, at) => createTask(`p${at}`, of, { state: "PENDING", slot: at + 1 }));
  const view = viewOf({ nodes: NODES, services: [of, db, ...others], tasks: [...placed, ...tasks] });
  const { assigned, blocked } = scheduleOnce(view);
  return [...assigned.map(({ nodeId }) => short(nodeId)), ...new Set(blocked.map(({ err }) => err))].join(" ");
}

const ZONE = "topology=node.labels.zone";
const CASES: readonly (readonly [claim: string, placed: string, wanted: string])[] = [
  ["near a service: only where it runs", place(service("web", "service==db"), 3, [on("b2", db)]), "b2 b2 b2"],
  [
    "near a service that runs nowhere: it waits, and says for what",
    place(service("web", "service==db"), 1, []),
    "no suitable node (affinity not satisfied on 5 nodes: service==db)",
  ],
  [
    "near a service that there is not: likewise",
    place(service("web", "service==gone"), 1, []),
    "no suitable node (affinity not satisfied on 5 nodes: service==gone)",
  ],
  ["in the same zone: on all its nodes", place(service("web", `service==db,${ZONE}`), 3, [on("b2", db)]), "b1 b2 b1"],
  [
    "a node without the label is near nobody",
    place(service("web", `service==db,${ZONE}`), 1, [on("c0", db)]),
    `no suitable node (affinity not satisfied on 5 nodes: service==db,${ZONE})`,
  ],
  ["away from a service", place(service("web", "service!=db"), 4, [on("a1", db)]), "a2 b1 b2 c0"],
  ["out of its zone", place(service("web", `service!=db,${ZONE}`), 3, [on("a1", db)]), "b1 b2 c0"],
  [
    "away from itself: one on each node",
    place(service("web", "service!=web"), 6, []),
    "a1 a2 b1 b2 c0 no suitable node (affinity not satisfied on 5 nodes: service!=web)",
  ],
  [
    "away from itself by zone: one in each, and any number where there is none",
    place(service("web", `service!=web,${ZONE}`), 4, []),
    "a1 b1 c0 c0",
  ],
  ["all together: where the first one is", place(service("web", "service==web"), 3, [on("a1", db)]), "a2 a2 a2"],
  ["all in one zone", place(service("web", `service==web,${ZONE}`), 3, [on("a1", db)]), "a2 a1 a2"],
  [
    "who keeps away is kept away from, though it was there first",
    place(db, 3, [on("a1", service("lone", "service!=db"))], [service("lone", "service!=db")]),
    "a2 b1 b2",
  ],
  [
    "and from all its zone",
    place(db, 3, [on("a1", service("lone", `service!=db,${ZONE}`))], [service("lone", `service!=db,${ZONE}`)]),
    "b1 b2 c0",
  ],
  [
    "a wish to be near comes before spreading",
    place(service("web", "service==db,soft"), 3, [on("b2", db), on("b2", db)]),
    "b2 b2 b2",
  ],
  ["a wish that cannot be had keeps nobody waiting", place(service("web", "service==db,soft"), 2, []), "a1 a2"],
  [
    "a wish to be away: elsewhere as long as there is elsewhere",
    place(service("web", `service!=db,${ZONE},soft`), 3, [on("a1", db), on("b1", db)]),
    "c0 c0 c0",
  ],
];

for (const [claim, placed, wanted] of CASES) test(`affinity: ${claim}`, () => assert.equal(placed, wanted));

test("a task that nobody may be near says who keeps it away", () => {
  const lone = service("lone", "service!=db");
  assert.equal(
    place(
      db,
      1,
      ["a1", "a2", "b1", "b2", "c0"].map((node) => on(node, lone)),
      [lone],
    ),
    "no suitable node (service lone keeps away from it on 5 nodes)",
  );
});
