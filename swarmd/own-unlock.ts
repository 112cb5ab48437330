import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import type { KeyLock } from "../shared/pki/key-lock.ts";
import { refusals } from "./refusals.ts";

export interface OwnUnlockDeps {
  readonly lock: KeyLock;
  /** The unlock key that this host keeps for its own daemon; null = it keeps none. @throws SwarmError */
  readonly readUnlockKey: () => Promise<string | null>;
  readonly log: Logger;
}

/** Opens this host's keys with the key that it keeps, if any. Resolves with null, or with why they are locked. */
export async function unlockByItself({ lock, log, readUnlockKey }: OwnUnlockDeps): Promise<string | null> {
  if (!lock.isLocked) return null;
  const locked = refusals.locked().message;
  try {
    const key = await readUnlockKey();
    if (key === null) return locked;
    if (await lock.unlock(key)) return null;
    throw refusals.wrongUnlockKey();
  } catch (error) {
    const why = `the key of --unlock-key-file does not open it: ${messageOf(error)}`;
    log.error(`this manager stays locked: ${why}`);
    return `${locked} (${why})`;
  }
}
