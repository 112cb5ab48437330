import assert from "node:assert/strict";
import { test } from "node:test";
import { loopCanaries } from "../../sim/orchestration/canaries/all.ts";
import { MANAGER } from "../../sim/orchestration/canaries/hunt.ts";
import { coreCanaries } from "../../sim/raft/canaries/all.ts";
import { whyStale } from "../../sim/raft/canaries/planted-tree.ts";

test("every canary can still be planted in raft/core", () => {
  const stale = coreCanaries.flatMap(({ name, edits }) => edits.map((edit) => [name, whyStale(edit)] as const));
  assert.deepEqual(
    stale.filter(([, why]) => why !== null),
    [],
    "adapt test/sim/raft/canaries to the new source",
  );
});

test("every canary can still be planted in the leader's loops", () => {
  const stale = loopCanaries.flatMap(({ name, edits }) =>
    edits.map((edit) => [name, whyStale(edit, MANAGER)] as const),
  );
  assert.deepEqual(
    stale.filter(([, why]) => why !== null),
    [],
    "adapt test/sim/orchestration/canaries to the new source",
  );
});

test("an edit whose text is gone, or there twice, is refused", () => {
  assert.match(whyStale({ file: "terms.ts", find: "no such text", replace: "" }) ?? "", /terms\.ts holds 0 times/);
  assert.match(whyStale({ file: "terms.ts", find: "import", replace: "" }) ?? "", /not once/);
});

test("canaries are called by different names", () => {
  const all = [...coreCanaries, ...loopCanaries];
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
});
