import type { Random } from "./random.ts";

/** A 32-bit FNV-1a hash; mixes a fork's name into its parent's seed. */
function hash32(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

/**
 * A replayable source for simulations and property tests: splitmix32 seeding sfc32 (Chris Doty-Humphrey's small fast
 * counting generator, 128 bits of state). Not for secrets.
 */
export function seededRandom(seed: number, name = ""): Random {
  let mix = hash32(name, seed >>> 0);
  const next32Seed = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad) >>> 0;
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97) >>> 0;
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = next32Seed();
  let b = next32Seed();
  let c = next32Seed();
  let counter = 1;
  const next32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next32();
  return {
    below: (bound) =>
      bound <= 0x1_0000_0000
        ? Math.floor((next32() / 0x1_0000_0000) * bound)
        : ((next32() & 0xffff) * 0x1_0000_0000 + next32()) % bound,
    bytes: (length) => Uint8Array.from({ length }, () => next32() & 0xff),
    fork: (child) => seededRandom(hash32(child, seed >>> 0), `${name}/${child}`),
  };
}
