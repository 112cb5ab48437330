import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "../../../../raft/core/entry.ts";
import { toLogIndex, toRaftId, toTerm } from "../../../../raft/ids.ts";
import { recoverStorage } from "../../../../raft/node/recovery.ts";
import { openLevel, type RecordDatabase } from "../../../../raft/storage/level-database.ts";
import { batchOf, entryAt, IDENTITY, Place } from "./places.ts";

const SURVIVOR = { nodeId: "n1", address: "10.0.0.1:2377" };

function added(index: number, id: number): Entry {
  const member = { raftId: toRaftId(id), nodeId: `n${id}`, address: `10.0.0.${id}:2377` };
  const operations = [{ kind: "addVoter", id: toRaftId(id) } as const];
  return {
    kind: "confChange",
    term: toTerm(1),
    index: toLogIndex(index),
    change: { transition: "auto", operations, member },
  };
}

/** A database whose process ends just before or just after its `last`-th write since it was opened. */
function mortal(last: number, isWritten: boolean, count: { writes: number }) {
  return async (directory: string): Promise<RecordDatabase> => {
    const db = await openLevel(directory);
    const dying = async (write: () => Promise<void>): Promise<void> => {
      count.writes++;
      if (count.writes > last) throw new Error("the process is gone");
      if (count.writes < last || isWritten) await write();
      if (count.writes === last) throw new Error("the process ends");
    };
    return new Proxy(db, {
      get: (target, name) => {
        if (name === "batch") return (...words: Parameters<RecordDatabase["batch"]>) => dying(() => db.batch(...words));
        if (name === "clear") return (...words: Parameters<RecordDatabase["clear"]>) => dying(() => db.clear(...words));
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
}

async function threeManagers(): Promise<Place> {
  const place = await Place.create();
  await using storage = await place.open();
  await storage.load();
  const hardState = { term: toTerm(3), vote: toRaftId(2), commit: toLogIndex(3) };
  const entries = [added(1, 1), added(2, 2), added(3, 3), entryAt(4)];
  await storage.initialise(IDENTITY, batchOf({ hardState, entries }));
  return place;
}

/** What a restart finds: which era, and up to where its log goes. */
async function found(place: Place): Promise<readonly [era: number, commit: number, last: number]> {
  const { identity, hardState, entries } = await place.load();
  return [identity?.era ?? -1, hardState?.commit ?? -1, entries.length];
}

const OLD = [0, 3, 4];
/** Its own place, and that two others left. */
const NEW = [1, 7, 7];

test("wherever the process ends while its group is made anew, a restart finds the old group or the new one", async () => {
  const seen: string[] = [];
  for (let last = 1; ; last++) {
    const count = { writes: 0 };
    for (const isWritten of [false, true]) {
      await using place = await threeManagers();
      count.writes = 0;
      const openDatabase = mortal(last, isWritten, count);
      const storage = await place.open({ openDatabase });
      const outcome = await recoverStorage(storage, SURVIVOR).then(
        () => "done",
        () => "crash",
      );
      await storage[Symbol.asyncDispose]();
      const state = await found(place);
      seen.push(`${outcome} ${state.join("/")}`);
      if (outcome === "done") assert.deepEqual(state, NEW);
      else
        assert.ok(
          [OLD, NEW].some((each) => each.join() === state.join()),
          `${state}`,
        );
      // Whoever does it again, or for the first time, has the same in the end.
      if (state[0] !== 0) continue;
      await using again = await place.open();
      await recoverStorage(again, SURVIVOR);
    }
    if (count.writes < last) break;
  }
  for (const each of [`crash ${OLD.join("/")}`, `crash ${NEW.join("/")}`, `done ${NEW.join("/")}`]) {
    assert.ok(seen.includes(each), `${each} among ${seen.join(", ")}`);
  }
});
