import { timingSafeEqual } from "node:crypto";
import { SwarmError } from "../errors.ts";
import type { Random } from "../ports/random.ts";
import type { Cluster } from "../rpc/gen/objects.ts";

/** As Docker writes its own, so that scripts which look for one find ours. */
const PREFIX = "SWMKEY-1-";
const KEY_BYTES = 32;
/** Base 64 digits of 32 bytes, without the padding. */
const DIGITS = 43;

/** `SWMKEY-1-<32 random bytes>`: what the keys of all managers of a swarm are locked with. */
export function createUnlockKey(random: Random): string {
  return PREFIX + Buffer.from(random.bytes(KEY_BYTES)).toString("base64").slice(0, DIGITS);
}

/** The 32 bytes of a key that a person or a file gives. @throws SwarmError invalidArgument when it is not one. */
export function parseUnlockKey(text: string): Uint8Array {
  const digits = text.trim();
  const bytes = digits.startsWith(PREFIX) ? Buffer.from(digits.slice(PREFIX.length), "base64") : null;
  // Only one way of writing each key: a mistyped last digit must not pass by its unused bits.
  if (bytes?.length !== KEY_BYTES || PREFIX + bytes.toString("base64").slice(0, DIGITS) !== digits) {
    throw new SwarmError("invalidArgument", "invalid unlock key: it must look like SWMKEY-1-... (52 characters)");
  }
  return bytes;
}

/** Takes the same time for any two keys of one length. */
export function isSameUnlockKey(one: string | null, other: string | null): boolean {
  if (one === null || other === null) return one === other;
  const [a, b] = [Buffer.from(one.trim()), Buffer.from(other.trim())];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** What the managers of a swarm are to be locked with; null = they are not. */
export function unlockKeyOf({ unlockKey }: Pick<Cluster, "unlockKey">): string | null {
  return unlockKey === "" ? null : unlockKey;
}
