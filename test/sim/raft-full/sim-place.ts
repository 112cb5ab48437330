import { LevelRaftStorage } from "../../../raft/storage/level-storage.ts";
import { silentLogger } from "../../../shared/log.ts";
import { seededRandom } from "../../../shared/ports/seeded-random.ts";
import type { StoragePlace } from "../../contract/raft-storage.ts";
import { imageOf } from "./database-image.ts";
import { SimClock } from "./sim-clock.ts";
import { type DatabaseWorld, SimDatabase } from "./sim-database.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimKeyDirectory, SimKeyFiles } from "./sim-key-files.ts";
import { type ProcessWorld, SimProcess } from "./sim-process.ts";

const RHYTHM = { syncMsMean: 1, stallOneIn: 0, stallMs: 0, switchOneIn: 3, readsTakeTime: true, failsIn: 0 };

/** A world without time: what is to happen later happens in the next round of the real event loop, in order. */
class RealTimeWorld implements ProcessWorld, DatabaseWorld {
  readonly now = 0;

  schedule(_delayMs: number, run: () => void): void {
    setImmediate(run);
  }

  note(): void {}
  onActed(): void {}
  onCrashPoint(): void {}

  onBroken(sentence: string): void {
    throw new Error(sentence);
  }
}

/** A simulated disk for the contract of storages. Between two openings the power is lost. */
export async function createSimPlace(): Promise<StoragePlace> {
  const world = new RealTimeWorld();
  const random = seededRandom(1, "contract");
  const disk = new SimDisk();
  const keys = new SimKeyDirectory();
  let lives = 0;
  return {
    async open() {
      disk.crash(random, "powerLoss");
      const process = new SimProcess("n1", ++lives, world);
      return await LevelRaftStorage.open("/n1/raft", {
        keys: new SimKeyFiles(keys, process, world, { writeMsMean: 1, failsIn: 0 }, random),
        random,
        clock: new SimClock(process, 1, 0),
        log: silentLogger,
        databaseFiles: () => imageOf(disk),
        openDatabase: async (directory) => new SimDatabase(directory, disk, process, world, RHYTHM, random),
      });
    },
    async remove() {},
  };
}
