import assert from "node:assert/strict";
import { test } from "node:test";
import type { HardState } from "../../../../raft/core/options.ts";
import { toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { Remembering } from "../../../../raft/storage/remembering.ts";
import { WITNESS_FILE, WitnessFile } from "../../../../raft/storage/witness.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { MemoryKeyFiles } from "../../../support/level-storage.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { batchOf, entryAt, IDENTITY, Place } from "./places.ts";

const at = (term: number, commit: number): HardState => ({
  term: toTerm(term),
  vote: null,
  commit: toLogIndex(commit),
});

/** Whose witness it is: eras leave it as it is. */
const OWNER = { clusterId: IDENTITY.clusterId, raftId: IDENTITY.raftId };

function setUp() {
  const keys = new MemoryKeyFiles();
  let writes = 0;
  const write = keys.write.bind(keys);
  keys.write = (name, text) => {
    writes++;
    return write(name, text);
  };
  const clock = new VirtualClock();
  const remembering = new Remembering(new WitnessFile(keys), clock, silentLogger);
  remembering.begin(IDENTITY);
  const witness = () => JSON.parse(keys.files.get(WITNESS_FILE) ?? "null") as unknown;
  return { keys, clock, remembering, witness, writes: () => writes };
}

test("a busy log costs one write a second, and its last state is remembered when it falls quiet", async () => {
  const { clock, remembering, witness, writes } = setUp();
  for (let index = 1; index <= 500; index++) {
    remembering.onSynced(at(2, index - 1), index);
    await clock.run(10);
  }
  assert.ok(writes() <= 6, `${writes()} writes in 5 s`);
  await clock.run(1_000);
  assert.deepEqual(witness(), { ...OWNER, term: 2, commit: 499, last: 500 });
  const before = writes();
  await clock.run(60_000);
  assert.equal(writes(), before);
  assert.deepEqual(clock.pending, []);
});

test("that entries were overwritten is remembered at once, and the end at the end", async () => {
  const { clock, remembering, witness } = setUp();
  remembering.onSynced(at(2, 5), 9);
  await clock.run(1);
  remembering.onSynced(at(3, 5), 7);
  await clock.run(1);
  assert.deepEqual(witness(), { ...OWNER, term: 3, commit: 5, last: 7 });
  remembering.onSynced(at(3, 7), 8);
  await remembering.end();
  assert.deepEqual(witness(), { ...OWNER, term: 3, commit: 7, last: 8 });
  assert.deepEqual(clock.pending, []);
});

test("a witness that cannot be read is no witness, and one that cannot be written no failure", async () => {
  const { keys, clock, remembering } = setUp();
  const state = { identity: IDENTITY, hardState: at(1, 1), snapshot: null, base: at0, entries: [] } as const;
  await keys.write(WITNESS_FILE, "{");
  assert.equal(await remembering.check("/d", state), 0);
  keys.write = () => Promise.reject(new Error("full"));
  remembering.onSynced(at(2, 2), 2);
  await clock.run(5_000);
  await remembering.end();
});

test("what was written without a sync is not remembered, even if a later write was synced", async () => {
  await using place = await Place.createFilled();
  {
    await using storage = await place.open();
    await storage.load();
    await storage.write(batchOf({ hardState: at(1, 4) }));
    await storage.write(batchOf({ hardState: at(1, 5), sync: false }));
    await storage.write(batchOf({ entries: [entryAt(6)] }));
  }
  const witness = JSON.parse(place.keys.files.get(WITNESS_FILE) ?? "null") as unknown;
  assert.deepEqual(witness, { ...OWNER, term: 1, commit: 4, last: 6 });
});

const at0 = { term: toTerm(0), index: toLogIndex(0) };
