import type { Begin } from "../../../raft/node/node-options.ts";
import { RaftNode } from "../../../raft/raft-node.ts";
import { LevelRaftStorage } from "../../../raft/storage/level-storage.ts";
import type { RaftStorage } from "../../../raft/storage/raft-storage.ts";
import type { Logger } from "../../../shared/log.ts";
import { plantInDatabase, plantInKeyFiles, plantInStorage } from "./canaries.ts";
import { imageOf } from "./database-image.ts";
import { SimClock } from "./sim-clock.ts";
import { SimDatabase } from "./sim-database.ts";
import type { Life, SimHost } from "./sim-host.ts";
import { SimKeyFiles } from "./sim-key-files.ts";
import { SimTransport } from "./sim-transport.ts";
import { WatchedStorage } from "./watched-storage.ts";
import type { World } from "./world.ts";

export const CLUSTER_ID = "simulated";
const WALL_BEGAN_MS = 1_700_000_000_000;
const WALL_OFFSET_MS_MAX = 20_000;

/** What a manager's process does when it starts: opens its log, asks for its place if it has none, and takes part. */
export async function bootHost(world: World, host: SimHost, life: Life): Promise<RaftNode> {
  const { options } = world;
  const { process } = life;
  const random = world.randomOf(process);
  const drift = options.driftPercent === 0 ? 0 : random.below(2 * options.driftPercent + 1) - options.driftPercent;
  const clock = new SimClock(process, 1 + drift / 100, WALL_BEGAN_MS + random.below(WALL_OFFSET_MS_MAX));
  const log = logOf(world, host);
  const keyFiles = new SimKeyFiles(host.keys, process, world, host.keyRhythm, random.fork("keys"));
  const storage = await LevelRaftStorage.open(`/${host.nodeId}/raft`, {
    keys: plantInKeyFiles(options.canary, keyFiles),
    random: random.fork("storage"),
    clock,
    log,
    cipher: world.cipher,
    databaseFiles: () => imageOf(host.disk),
    openDatabase: async (directory) => {
      const database = new SimDatabase(directory, host.disk, process, world, host.diskRhythm, random.fork("disk"));
      life.database = database;
      return plantInDatabase(options.canary, database);
    },
  });
  const watched = watch(world, life, plantInStorage(options.canary, storage));
  const begin = await beginOf(world, host, life, watched);
  const transport = new SimTransport(process, host.address, CLUSTER_ID, world.network, {
    onSend: (message) => world.onSend(host, life, message),
    onDeliver: (message) => world.onDeliver(message),
  });
  life.transport = transport;
  return await RaftNode.start({
    clusterId: CLUSTER_ID,
    nodeId: host.nodeId,
    address: host.address,
    begin,
    storage: watched,
    transport,
    stateMachine: life.machine,
    clock,
    random: random.fork("node"),
    log,
    snapshotSettings: () => ({ interval: options.snapshotInterval, keepEntries: options.keepEntries }),
    trace: (event) => world.onTrace(life, event),
    watch: (core) => {
      life.core = core;
    },
  });
}

function watch(world: World, life: Life, storage: RaftStorage): RaftStorage {
  return new WatchedStorage(storage, {
    onWrite: (entries) => {
      if (entries.length > 0 && life.isSavingSnapshot) world.trace.count("snapshotDuringAppend");
      world.onWrite(life, entries);
    },
    onSaving: (isSaving) => {
      life.isSavingSnapshot = isSaving;
    },
  });
}

/** As production: who has a log goes on with it, whatever is said; only who has none asks for a place. */
async function beginOf(world: World, host: SimHost, life: Life, storage: RaftStorage): Promise<Begin> {
  if (host.isFounder && host.disk.generation === 0) return { kind: "bootstrap" };
  try {
    const { identity } = await storage.load();
    if (identity !== null) return { kind: "resume" };
    return { kind: "join", raftId: await world.operators.askToJoin(host, life), era: 0 };
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}

/** Warnings are part of what happens; the rest is for people. */
function logOf(world: World, host: SimHost): Logger {
  const log: Logger = {
    debug() {},
    info() {},
    warn: (message) => world.onWarning(host, message),
    error: (message, fields) => world.onErrorLine(host, message, fields),
    child: () => log,
  };
  return log;
}
