import { randomBytes, randomInt } from "node:crypto";
import type { Random } from "./random.ts";

/** The operating system's random source; forks share it, since nothing has to be replayed. */
export const systemRandom: Random = {
  below: (bound) => (bound === 1 ? 0 : randomInt(bound)),
  bytes: (length) => randomBytes(length),
  fork: () => systemRandom,
};
