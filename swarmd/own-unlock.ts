import { endsWithin } from "../shared/ends-within.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import type { KeyLock } from "../shared/pki/key-lock.ts";
import type { Clock } from "../shared/ports/clock.ts";
import { refusals } from "./refusals.ts";

export interface OwnUnlockDeps {
  readonly lock: KeyLock;
  /** The unlock key that this host keeps for its own daemon; null = it keeps none. @throws SwarmError */
  readonly readUnlockKey: () => Promise<string | null>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A local file takes no time; a share whose server is away must not keep the daemon's socket closed. */
const READ_MS_MAX = 10_000;

/** Opens this host's keys with the key that it keeps, if any. Resolves with null, or with why they are locked. */
export async function unlockByItself({ lock, clock, log, readUnlockKey }: OwnUnlockDeps): Promise<string | null> {
  if (!lock.isLocked) return null;
  const locked = refusals.locked().message;
  try {
    const reading = readUnlockKey();
    if (!(await endsWithin(READ_MS_MAX, reading, clock))) throw new Error("it cannot be read in time");
    const key = await reading;
    if (key === null) return locked;
    if (await lock.unlock(key)) return null;
    throw refusals.wrongUnlockKey();
  } catch (error) {
    const why = `the key of --unlock-key-file does not open it: ${messageOf(error)}`;
    log.error(`this manager stays locked: ${why}`);
    return `${locked} (${why})`;
  }
}
