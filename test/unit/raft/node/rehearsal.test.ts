import assert from "node:assert/strict";
import { test } from "node:test";
import { rehearse } from "../../../../raft/node/rehearsal.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";

const base = { clock: systemClock, random: seededRandom(1) };

test("a rehearsal leads each member through hand-overs with proposals, and all agree in the end", async () => {
  // The first leader's empty entry, then three proposals and the empty entry of the next leader for each of 30
  // hand-overs.
  const last = await rehearse({ ...base, signal: new AbortController().signal });
  assert.equal(Number(last), 1 + 30 * (3 + 1));
});

test("a rehearsal ends when the manager does", async () => {
  const gone = new Error("gone");
  await assert.rejects(rehearse({ ...base, signal: AbortSignal.abort(gone) }), gone);
});
