import { invariant, mustHave } from "../invariant.ts";
import type { WallMs } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { GossipKeys } from "../rpc/gen/objects.ts";

/** AES-256. */
export const GOSSIP_KEY_BYTES = 32;
/**
 * Oldest, middle, newest. Hosts send with the middle key, which hosts one rotation behind know as their newest and
 * hosts one rotation ahead know as their oldest: hosts at most one rotation apart always understand each other.
 */
export const GOSSIP_KEYS_COUNT = 3;

/** The keys of a new cluster. */
export function createGossipKeys(random: Random, nowMs: WallMs): GossipKeys {
  const keys = Array.from({ length: GOSSIP_KEYS_COUNT }, () => createKey(random));
  return { keys, generation: 1, rotatedAtMs: nowMs };
}

/** The oldest key is dropped, a new one is added, and the former newest becomes the one to send with. */
export function rotateGossipKeys(old: GossipKeys, random: Random, nowMs: WallMs): GossipKeys {
  invariant(old.keys.length === GOSSIP_KEYS_COUNT, "gossip keys that are rotated are whole");
  return { keys: [...old.keys.slice(1), createKey(random)], generation: old.generation + 1, rotatedAtMs: nowMs };
}

/** The key to send with. */
export function primaryKeyOf({ keys }: Pick<GossipKeys, "keys">): Uint8Array {
  return mustHave(keys[Math.floor(GOSSIP_KEYS_COUNT / 2)], "the middle one of three gossip keys");
}

/** Whether the set is complete: three keys of the right size. */
export function areWhole({ keys }: Pick<GossipKeys, "keys">): boolean {
  return keys.length === GOSSIP_KEYS_COUNT && keys.every((key) => key.length === GOSSIP_KEY_BYTES);
}

function createKey(random: Random): Buffer {
  return Buffer.from(random.bytes(GOSSIP_KEY_BYTES));
}
