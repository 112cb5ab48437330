import { SwarmError } from "../errors.ts";
import { jsonObject } from "../json.ts";
import type { Random } from "../ports/random.ts";
import { isSealed, openText, sealText } from "./sealed-text.ts";
import { parseUnlockKey } from "./unlock-key.ts";

/** Beside the files that it locks. */
export const LOCK_FILE = "swarm-lock";
const FORMAT = 1;
const FILE_KEY_BYTES = 32;
/** The files are as they are, unsealed. */
const CLEAR = "clear";

/** What files are sealed with; "clear" = with nothing. */
export type FileKey = Uint8Array | typeof CLEAR;

/** Whatever is not yet as `current` wants it is as `previous` says; null: everything is as `current` wants it. */
export interface LockRing {
  readonly current: FileKey;
  readonly previous: FileKey | null;
  /** Version of the cluster object that wanted it so: what an older one wants is out of date. */
  readonly version: number;
  /** What was once on the disk under another lock, or none, has been replaced: nothing of it is worth stealing. */
  readonly isRenewed: boolean;
}

export const OPEN_RING: LockRing = { current: CLEAR, previous: null, version: 0, isRenewed: true };

export function createFileKey(random: Random): Uint8Array {
  return random.bytes(FILE_KEY_BYTES);
}

/** The text of the lock file: sealed with the unlock key while one is wanted. */
export function lockFileText(ring: LockRing, unlockKey: string | null, random: Random): string {
  const text = JSON.stringify({
    format: FORMAT,
    current: fileKeyText(ring.current),
    previous: ring.previous === null ? null : fileKeyText(ring.previous),
    version: ring.version,
    renewed: ring.isRenewed,
  });
  return unlockKey === null ? `${text}\n` : sealText(parseUnlockKey(unlockKey), LOCK_FILE, text, random);
}

/** Whether a lock file needs the unlock key. */
export const isLocked = isSealed;

/** null: it is not the key. @throws SwarmError failedPrecondition when the file is damaged; invalidArgument. */
export function openLockFile(text: string, unlockKey: string): LockRing | null {
  const inner = openText(parseUnlockKey(unlockKey), LOCK_FILE, text);
  return inner === null ? null : parseLockRing(inner);
}

/** @throws SwarmError failedPrecondition when it makes no sense. */
export function parseLockRing(text: string): LockRing {
  const fields = jsonObject(text);
  if (fields === null) throw damaged("it is cut short");
  if (fields["format"] !== FORMAT) throw damaged("it was written by a later version of swarmd");
  const { current, previous, version, renewed } = fields;
  return {
    current: fileKeyOf(current),
    previous: previous === null ? null : fileKeyOf(previous),
    version: Number.isSafeInteger(version) ? Number(version) : 0,
    isRenewed: renewed === true,
  };
}

function fileKeyText(key: FileKey): string {
  return key === CLEAR ? CLEAR : Buffer.from(key).toString("base64");
}

function fileKeyOf(value: unknown): FileKey {
  if (value === CLEAR) return CLEAR;
  const bytes = Buffer.from(String(value), "base64");
  if (bytes.length !== FILE_KEY_BYTES) throw damaged("a key is damaged");
  return bytes;
}

function damaged(why: string): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    `the lock of this host's keys, certificates/${LOCK_FILE}, cannot be used (${why}): put the right file back, or move the data directory away and join again`,
  );
}
