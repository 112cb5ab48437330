import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../raft/core/entry.ts";
import type { Snapshot } from "../../raft/core/snapshot.ts";
import { toLogIndex, toRaftId, toTerm } from "../../raft/ids.ts";
import { EMPTY_BATCH, type RaftStorage, type StoredState, type WriteBatch } from "../../raft/storage/raft-storage.ts";
import { InvariantError } from "../../shared/invariant.ts";

/** A place that outlives the storage opened on it. */
export interface StoragePlace {
  open(): Promise<RaftStorage>;
  remove(): Promise<void>;
}

const IDENTITY = { clusterId: "c".repeat(25), raftId: toRaftId(3), era: 0 };

function entriesOf(first: number, ...terms: readonly number[]): Entry[] {
  return terms.map((term, at) => {
    const id = { term: toTerm(term), index: toLogIndex(first + at) };
    if ((first + at) % 5 !== 0)
      return { kind: "normal", ...id, data: new TextEncoder().encode(`${term}/${first + at}`) };
    const member = { raftId: toRaftId(9), nodeId: "n9", address: "10.0.0.9:2377" };
    const operations = [{ kind: "addVoter", id: toRaftId(9) } as const];
    return { kind: "confChange", ...id, change: { transition: "auto", operations, member } };
  });
}

function snapshotAt(index: number, bytes = 10): Snapshot {
  const meta = {
    index: toLogIndex(index),
    term: toTerm(2),
    confState: {
      voters: [toRaftId(1), toRaftId(3)],
      learners: [toRaftId(4)],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    },
    members: [{ raftId: toRaftId(1), nodeId: "n1", address: "10.0.0.1:2377" }],
    removed: [toRaftId(2)],
  };
  return { meta, data: Uint8Array.from({ length: bytes }, (_, at) => at % 251) };
}

function batch(parts: Partial<WriteBatch>): WriteBatch {
  return { ...EMPTY_BATCH, ...parts };
}

/** Buffers and arrays alike, as plain data. */
function plain(state: StoredState): unknown {
  return JSON.parse(
    JSON.stringify(state, (_key, value: unknown) => {
      if (value instanceof Uint8Array) return [...value];
      const isBuffer = typeof value === "object" && value !== null && "type" in value && value.type === "Buffer";
      return isBuffer && "data" in value ? value.data : value;
    }),
  );
}

/** What every RaftStorage promises; run for each of them. */
export function raftStorageContract(name: string, createPlace: () => Promise<StoragePlace>): void {
  const claim = (what: string, run: (place: StoragePlace) => Promise<void>): void => {
    test(`${name}: ${what}`, async () => {
      const place = await createPlace();
      try {
        await run(place);
      } finally {
        await place.remove();
      }
    });
  };
  /** Runs `use` on a storage with entries 1/1 .. 1/6, and gives what a restart reads afterwards. */
  const afterwards = async (
    place: StoragePlace,
    use: (storage: RaftStorage) => Promise<void>,
  ): Promise<StoredState> => {
    {
      await using storage = await place.open();
      assert.equal((await storage.load()).identity, null);
      const hardState = { term: toTerm(4), vote: null, commit: toLogIndex(0) };
      await storage.initialise(IDENTITY, batch({ hardState, entries: entriesOf(1, 1, 1, 1, 1, 1, 1) }));
      await use(storage);
    }
    await using again = await place.open();
    return await again.load();
  };
  const termsOf = ({ entries }: StoredState): string => entries.map(({ term, index }) => `${term}/${index}`).join(" ");

  claim("an empty one has nothing", async (place) => {
    await using storage = await place.open();
    const expected = { identity: null, hardState: null, snapshot: null, base: { term: 0, index: 0 }, entries: [] };
    assert.deepEqual(await storage.load(), expected);
  });

  claim("what was written is there after a restart", async (place) => {
    const hardState = { term: toTerm(4), vote: toRaftId(2), commit: toLogIndex(3) };
    const state = await afterwards(place, (storage) => storage.write(batch({ hardState })));
    assert.deepEqual(state.identity, IDENTITY);
    assert.deepEqual(state.hardState, hardState);
    assert.deepEqual(plain({ ...state, snapshot: null }), plain({ ...state, entries: entriesOf(1, 1, 1, 1, 1, 1, 1) }));
  });

  claim("nobody has voted is not the same as someone", async (place) => {
    const hardState = { term: toTerm(4), vote: null, commit: toLogIndex(0) };
    const state = await afterwards(place, (storage) => storage.write(batch({ hardState })));
    assert.equal(state.hardState?.vote, null);
  });

  claim("belongs to one member for ever", async (place) => {
    await afterwards(place, async (storage) => {
      await assert.rejects(storage.initialise(IDENTITY, EMPTY_BATCH), InvariantError);
    });
  });

  claim("an era begins together with what is written for it", async (place) => {
    const hardState = { term: toTerm(5), vote: toRaftId(3), commit: toLogIndex(7) };
    const state = await afterwards(place, async (storage) => {
      await storage.beginEra({ ...IDENTITY, era: 1 }, batch({ hardState, entries: entriesOf(7, 5) }));
      await storage.write(batch({ entries: entriesOf(8, 5) }));
    });
    assert.deepEqual([state.identity, state.hardState], [{ ...IDENTITY, era: 1 }, hardState]);
    assert.equal(termsOf(state), "1/1 1/2 1/3 1/4 1/5 1/6 5/7 5/8");
  });

  claim("entries that are written again take the place of everything from the first of them on", async (place) => {
    const state = await afterwards(place, (storage) => storage.write(batch({ entries: entriesOf(3, 2, 2) })));
    assert.equal(termsOf(state), "1/1 1/2 2/3 2/4");
  });

  claim("a snapshot of its own cuts the log where it is told, and the rest stays", async (place) => {
    const state = await afterwards(place, (storage) => storage.saveSnapshot(snapshotAt(5), toLogIndex(3)));
    assert.deepEqual(plain({ ...state, entries: [] }), plain({ ...state, entries: [], snapshot: snapshotAt(5) }));
    assert.deepEqual(state.base, { term: 1, index: 3 });
    assert.equal(termsOf(state), "1/4 1/5 1/6");
  });

  claim("a snapshot that cuts nothing keeps everything", async (place) => {
    const state = await afterwards(place, (storage) => storage.saveSnapshot(snapshotAt(5), toLogIndex(0)));
    assert.equal(termsOf(state), "1/1 1/2 1/3 1/4 1/5 1/6");
  });

  claim("an older snapshot is ignored", async (place) => {
    const state = await afterwards(place, async (storage) => {
      await storage.saveSnapshot(snapshotAt(5), toLogIndex(3));
      await storage.saveSnapshot(snapshotAt(4), toLogIndex(4));
    });
    assert.equal(Number(state.snapshot?.meta.index), 5);
    assert.equal(Number(state.base.index), 3);
  });

  claim("a received snapshot replaces the whole log, with what is written beside it", async (place) => {
    const hardState = { term: toTerm(2), vote: null, commit: toLogIndex(20) };
    const state = await afterwards(place, (storage) =>
      storage.write(batch({ hardState, snapshot: snapshotAt(20), entries: entriesOf(21, 2, 2) })),
    );
    assert.deepEqual(state.base, { term: 2, index: 20 });
    assert.equal(termsOf(state), "2/21 2/22");
    assert.deepEqual(state.hardState, hardState);
  });

  claim("a large snapshot comes back as it was, and the next one takes its place", async (place) => {
    const large = snapshotAt(5, 2_500_000);
    const state = await afterwards(place, async (storage) => {
      await storage.saveSnapshot(snapshotAt(4, 3_000_000), toLogIndex(2));
      await storage.saveSnapshot(large, toLogIndex(2));
    });
    assert.ok(state.snapshot !== null);
    assert.equal(Buffer.compare(state.snapshot.data, large.data), 0);
  });

  claim("an empty state is a snapshot too", async (place) => {
    const state = await afterwards(place, (storage) => storage.saveSnapshot(snapshotAt(5, 0), toLogIndex(2)));
    assert.equal(state.snapshot?.data.length, 0);
  });

  claim("a snapshot of its own may be stored while entries are written", async (place) => {
    const state = await afterwards(place, async (storage) => {
      const saving = storage.saveSnapshot(snapshotAt(5, 1_500_000), toLogIndex(3));
      for (let index = 7; index < 20; index++) await storage.write(batch({ entries: entriesOf(index, 2) }));
      await saving;
    });
    assert.equal(Number(state.base.index), 3);
    assert.equal(state.entries.length, 16);
  });

  claim("of a snapshot of its own and one received meanwhile the newer one stays", async (place) => {
    const state = await afterwards(place, async (storage) => {
      const saving = storage.saveSnapshot(snapshotAt(5, 1_500_000), toLogIndex(3));
      await storage.write(batch({ snapshot: snapshotAt(20) }));
      await saving;
      await storage.write(batch({ entries: entriesOf(21, 2) }));
    });
    assert.deepEqual([Number(state.snapshot?.meta.index), Number(state.base.index)], [20, 20]);
    assert.equal(termsOf(state), "2/21");
  });
}
