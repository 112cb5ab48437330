import { LevelRaftStorage, type LevelStorageOptions } from "../../raft/storage/level-storage.ts";
import { silentLogger } from "../../shared/log.ts";
import type { KeyFiles } from "../../shared/pki/ports/key-files.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { systemRandom } from "../../shared/ports/system-random.ts";

/** A key store that outlives the storages opened with it. */
export class MemoryKeyFiles implements KeyFiles {
  readonly files = new Map<string, string>();

  async read(name: string): Promise<string | null> {
    return this.files.get(name) ?? null;
  }

  async write(name: string, text: string): Promise<void> {
    this.files.set(name, text);
  }

  async remove(name: string): Promise<void> {
    this.files.delete(name);
  }
}

/** The log in `directory`, whose key is in `keys`. */
export function openLevelStorage(
  directory: string,
  keys: KeyFiles,
  options: Partial<LevelStorageOptions> = {},
): Promise<LevelRaftStorage> {
  return LevelRaftStorage.open(directory, {
    keys,
    random: systemRandom,
    clock: systemClock,
    log: silentLogger,
    ...options,
  });
}
