import type { Backend } from "./published-ports.ts";

/** Clients are dealt out to so many slots by their addresses. More would be more even, and cost nft time. */
const SLOTS = 256;
/** Any; the same on all hosts for ever, since a client may come in by any of them. Without one, the kernel draws. */
export const STICKY_SEED = "0x5e1f5a3e";

/**
 * Which backend has which slot: for each slot the one that scores highest for it (rendezvous hashing). So a backend
 * that goes gives up its own slots, one that comes takes its share from all, and every other client keeps its backend.
 */
export function stickySlots(backends: readonly Backend[]): readonly Backend[] {
  const scored = backends.map((backend) => ({ backend, word: hashOf(`${backend.address} ${backend.port}`) }));
  return Array.from({ length: SLOTS }, (_, slot) => {
    let best = scored[0];
    for (const one of scored) if (best === undefined || score(one.word, slot) > score(best.word, slot)) best = one;
    return best?.backend;
  }).filter((backend) => backend !== undefined);
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** The finishing steps of MurmurHash3 over both: every bit of either changes about half of the result. */
function score(word: number, slot: number): number {
  let mixed = word ^ Math.imul(slot + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
