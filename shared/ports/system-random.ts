import { randomBytes, randomFillSync, randomInt } from "node:crypto";
import type { Random } from "./random.ts";

/** Each question to the operating system costs as much as making fifty ids of what it answers. */
const POOL_BYTES = 4_096;
/** What is asked for more at once is asked for by itself. */
const POOLED_BYTES_MAX = 64;

const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** A copy of the pool's next bytes, of which nothing is left there. */
function fromPool(length: number): Buffer {
  if (used + length > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = Buffer.from(pool.subarray(used, used + length));
  pool.fill(0, used, used + length);
  used += length;
  return bytes;
}

/** The operating system's random source; forks share it, since nothing has to be replayed. */
export const systemRandom: Random = {
  below: (bound) => (bound === 1 ? 0 : randomInt(bound)),
  bytes: (length) => (length <= POOLED_BYTES_MAX ? fromPool(length) : randomBytes(length)),
  fork: () => systemRandom,
};
