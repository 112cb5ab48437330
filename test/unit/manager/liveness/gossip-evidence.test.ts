import assert from "node:assert/strict";
import { test } from "node:test";
import {
  areSeveral,
  GossipMoment,
  type GossipSource,
  isDead,
  REPORT_FRESH_MS,
  type Sight,
} from "../../../../manager/liveness/gossip-evidence.ts";
import type { NodeId } from "../../../../shared/ids.ts";
import { createNode, testId } from "../../../support/objects.ts";

const [leader, victim] = [testId<NodeId>("n1"), testId<NodeId>("n2")];
const nodes = ["n1", "n2", "n3", "n4"].map((id) => createNode(id));
const alive: Sight = { state: "alive", forMs: 60_000, isUnanswered: false };
const dead: Sight = { state: "dead", forMs: 500, isUnanswered: true };
const NOW_MS = 100_000;

interface World {
  readonly sights?: Readonly<Record<string, Sight | null>>;
  /** By node: does it have the victim as lost, and without an answer; and how old is its word. */
  readonly reports?: Readonly<Record<string, { readonly lost?: boolean; readonly ageMs?: number }>>;
}

function evidence({ sights = {}, reports = {} }: World, all = nodes) {
  const source: GossipSource = {
    selfId: leader,
    sight: (nodeId) => {
      const word = nodeId.replace(/z+$/, "");
      return word in sights ? (sights[word] ?? null) : nodeId === victim ? dead : alive;
    },
    onReport: () => ({ [Symbol.dispose]: () => {} }),
    reports: () =>
      Object.entries(reports).map(([id, { lost, ageMs = 0 }]) => ({
        nodeId: testId<NodeId>(id),
        heardAtMs: NOW_MS - ageMs,
        gone: new Map(lost === undefined ? [] : [[victim as string, lost]]),
      })),
  };
  return new GossipMoment(source, all, NOW_MS).evidence(victim);
}

test("there is no evidence where the leader's host has never met the node, whoever else has", () => {
  assert.equal(evidence({ sights: { n2: null }, reports: { n3: { lost: true } } }), null);
});

test("whoever reports and sees it lost is counted, and who of them gets no answer", () => {
  const found = evidence({ reports: { n3: { lost: true }, n4: { lost: false } } });
  assert.deepEqual(found, {
    state: "dead",
    forMs: 500,
    isUnanswered: true,
    seenBy: 3,
    unansweredBy: 2,
    present: 3,
    witnesses: 3,
  });
});

test("the leader's own session and the node's are no witnesses, nor is a silent one", () => {
  const found = evidence({
    reports: { n1: { lost: true }, n2: {}, n3: { lost: true, ageMs: REPORT_FRESH_MS }, n4: {} },
  });
  assert.deepEqual([found?.seenBy, found?.present], [1, 2]);
});

test("nodes that are down, or that do not gossip, could not see it", () => {
  const down = nodes.map((node, at) => (at === 2 ? createNode("n3", { state: "DOWN" }) : node));
  assert.equal(evidence({ sights: { n4: null } }, down)?.witnesses, 1);
});

test("a suspect, or one that only others have dead, is not dead", () => {
  const suspect = evidence({ sights: { n2: { ...dead, state: "suspect" } }, reports: { n3: { lost: true } } });
  assert.ok(suspect !== null && !isDead(suspect));
  const own = evidence({ sights: { n2: alive }, reports: { n3: { lost: true }, n4: { lost: true } } });
  assert.ok(own !== null && !isDead(own));
});

test("a minority that has it dead is wrong", () => {
  const one = evidence({ reports: { n3: {}, n4: {} } });
  assert.ok(one !== null && !isDead(one));
  const two = evidence({ reports: { n3: { lost: true }, n4: {} } });
  assert.ok(two !== null && isDead(two));
  const tie = evidence({ reports: { n3: {} } });
  assert.ok(tie !== null && !isDead(tie));
});

test("one that came to gossip after the loss has never met the dead, and does not make them alive by saying nothing", () => {
  const came = (forMs: number, lost?: boolean) =>
    evidence({ sights: { n3: { ...alive, forMs } }, reports: { n3: lost === undefined ? {} : { lost } } });
  const [after, before] = [came(dead.forMs - 1), came(dead.forMs)];
  assert.ok(after !== null && isDead(after));
  assert.deepEqual([after.seenBy, after.present], [1, 1]);
  assert.ok(before !== null && !isDead(before));
  const reporting = came(dead.forMs - 1, true);
  assert.deepEqual([reporting?.seenBy, reporting?.present], [2, 2]);
});

test("two are several; in a cluster of two one is", () => {
  const of = (witnesses: number) => ({
    state: "dead" as const,
    forMs: 0,
    isUnanswered: true,
    seenBy: 1,
    unansweredBy: 1,
    present: 1,
    witnesses,
  });
  assert.equal(areSeveral(1, of(3)), false);
  assert.equal(areSeveral(2, of(3)), true);
  assert.equal(areSeveral(1, of(1)), true);
  assert.equal(areSeveral(0, of(1)), false);
  assert.equal(areSeveral(0, of(0)), false, "never nobody");
});
