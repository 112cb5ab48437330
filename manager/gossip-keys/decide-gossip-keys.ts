import { areWhole } from "../../shared/pki/gossip-keys.ts";
import type { WallMs } from "../../shared/ports/clock.ts";
import type { GossipKeys } from "../../shared/rpc/gen/objects.ts";

/**
 * How long a key is used for sending; a host may be away for as long and still understand the others when it returns.
 */
export const GOSSIP_ROTATION_MS = 12 * 60 * 60 * 1000;

export type KeyStep =
  /** The cluster has none: it was made by an earlier swarmd. */
  { readonly kind: "create" } | { readonly kind: "rotate" } | { readonly kind: "wait"; readonly delayMs: number };

/**
 * What to do about the keys now. A time of rotation far in the future was written by a wrong clock, so the keys are
 * rotated as well.
 */
export function decideGossipKeys(keys: GossipKeys | null, nowMs: WallMs): KeyStep {
  if (keys === null || !areWhole(keys)) return { kind: "create" };
  const ageMs = nowMs - keys.rotatedAtMs;
  if (Math.abs(ageMs) >= GOSSIP_ROTATION_MS) return { kind: "rotate" };
  return { kind: "wait", delayMs: GOSSIP_ROTATION_MS - Math.max(0, ageMs) };
}
