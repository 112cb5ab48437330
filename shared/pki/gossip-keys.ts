import { invariant, mustHave } from "../invariant.ts";
import type { WallMs } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import type { GossipKeys } from "../rpc/gen/objects.ts";

/** AES-256. */
export const GOSSIP_KEY_BYTES = 32;
/**
 * Oldest, middle, newest. Hosts send with the middle one, which those of one rotation earlier know as their newest and
 * those of one rotation later as their oldest: neighbours in time always understand each other.
 */
export const GOSSIP_KEYS_COUNT = 3;

/** The keys of a new cluster. */
export function createGossipKeys(random: Random, nowMs: WallMs): GossipKeys {
  const keys = Array.from({ length: GOSSIP_KEYS_COUNT }, () => createKey(random));
  return { keys, generation: 1, rotatedAtMs: nowMs };
}

/** The oldest key goes, a new one comes, and what was the newest is sent with. */
export function rotateGossipKeys(old: GossipKeys, random: Random, nowMs: WallMs): GossipKeys {
  invariant(old.keys.length === GOSSIP_KEYS_COUNT, "gossip keys that are rotated are whole");
  return { keys: [...old.keys.slice(1), createKey(random)], generation: old.generation + 1, rotatedAtMs: nowMs };
}

/** The key to send with. */
export function primaryKeyOf({ keys }: Pick<GossipKeys, "keys">): Uint8Array {
  return mustHave(keys[Math.floor(GOSSIP_KEYS_COUNT / 2)], "the middle one of three gossip keys");
}

/** Whether it is a whole set: three keys of the right size. */
export function areWhole({ keys }: Pick<GossipKeys, "keys">): boolean {
  return keys.length === GOSSIP_KEYS_COUNT && keys.every((key) => key.length === GOSSIP_KEY_BYTES);
}

function createKey(random: Random): Buffer {
  return Buffer.from(random.bytes(GOSSIP_KEY_BYTES));
}
