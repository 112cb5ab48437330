import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runScheduler } from "../../../manager/scheduler/run-scheduler.ts";
import { RaftStore } from "../../../manager/store/raft-store.ts";
import { StoreMachine } from "../../../manager/store/store-machine.ts";
import { DEFAULT_SNAPSHOT_SETTINGS } from "../../../raft/node/node-options.ts";
import { RaftNode } from "../../../raft/raft-node.ts";
import { LevelRaftStorage } from "../../../raft/storage/level-storage.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { silentLogger } from "../../../shared/log.ts";
import { keyFilesIn } from "../../../shared/pki/ports/key-files.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import { systemRandom } from "../../../shared/ports/system-random.ts";
import { Scope } from "../../../shared/scope.ts";
import { createTask, testId } from "../../../test/support/objects.ts";
import { type LongestTurn, TurnMeter } from "./turns.ts";
import { createScaleTables } from "./world.ts";

const CLUSTER_ID = testId<string>("bench");
/** Tasks that are made in one transaction, as an orchestrator does. */
const PART = 50;
/** The first ones compile what follows. */
const HEAT = 2_000;

export interface ThroughRaft {
  /** Tasks that are given a node, in a second: planned, written with fsync, committed, applied and told of. */
  readonly perSecond: number;
  /** The same for tasks that are made: written, committed, applied and told of. */
  readonly madePerSecond: number;
  readonly turn: LongestTurn;
}

/**
 * Placements through the log of a manager as it is in a daemon, encrypted and synced to disk, in a cluster of that many
 * running tasks. By the clock, unlike the suite's other figures: a disk takes its time and no processor's.
 */
export async function measureThroughRaft(tasks: number, crowd: number): Promise<ThroughRaft> {
  const directory = mkdtempSync(join(tmpdir(), "swarm-bench-scale-"));
  const base = { clock: systemClock, random: systemRandom, log: silentLogger };
  const machine = new StoreMachine({ freeze: false, tables: createScaleTables(tasks).tables });
  const storage = await LevelRaftStorage.open(join(directory, "raft"), { ...base, keys: keyFilesIn(directory) });
  try {
    await using raft = await RaftNode.start({
      ...base,
      clusterId: CLUSTER_ID,
      nodeId: testId("m1"),
      address: "127.0.0.1:2377",
      begin: { kind: "bootstrap" },
      storage,
      transport: NO_PEERS,
      stateMachine: machine,
      snapshotSettings: () => DEFAULT_SNAPSHOT_SETTINGS,
    });
    const leads = new Promise<void>((resolve) => {
      raft.onLeadership((state) => {
        if (state === "leading") resolve();
      });
    });
    using store = new RaftStore({ machine, raft, clock: systemClock, log: silentLogger, freeze: false });
    await leads;
    const scope = new Scope(silentLogger);
    const deps = { store, clock: systemClock, random: seededRandom(1), log: silentLogger };
    await make(store, 0, HEAT);
    const heated = placed(store, HEAT);
    scope.spawn("scheduler", (signal) => runScheduler(deps, signal));
    await heated;
    // All at once: the scheduler sees them when they are written, and is not to begin before the last.
    await scope.end();
    const madeMs = await make(store, HEAT, crowd);
    const meter = new TurnMeter();
    const all = placed(store, crowd);
    const again = new Scope(silentLogger);
    const began = performance.now();
    again.spawn("scheduler", (signal) => runScheduler(deps, signal));
    await all;
    const tookMs = performance.now() - began;
    const longest = await meter.take();
    meter.stop();
    await again.end();
    return { perSecond: (crowd / tookMs) * 1000, madePerSecond: (crowd / madeMs) * 1000, turn: longest };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const NO_PEERS = {
  start() {},
  setMembers() {},
  addressOf: () => null,
  send() {},
  async [Symbol.asyncDispose]() {},
};

/** @returns how long it took. */
async function make(store: RaftStore, from: number, count: number): Promise<number> {
  const service = mustHave(store.view().all("service")[0], "a service");
  const began = performance.now();
  const writes: Promise<void>[] = [];
  for (let at = from; at < from + count; at += PART) {
    writes.push(
      store.update("person", (tx) => {
        for (let number = at; number < at + PART; number++) {
          tx.create("task", createTask(`z${number}a`, service, { state: "PENDING", slot: 20_000 + number }));
        }
      }),
    );
  }
  await Promise.all(writes);
  return performance.now() - began;
}

/** Resolves when so many more have a node, as somebody sees it who watches the store. */
async function placed(store: RaftStore, count: number): Promise<void> {
  const done = Promise.withResolvers<void>();
  let seen = 0;
  using _watch = store.subscribe(({ changes }) => {
    for (const { kind, object } of changes) if (kind === "task" && object.status.state === "ASSIGNED") seen++;
    if (seen >= count) done.resolve();
  });
  await done.promise;
}
