import { test } from "node:test";
import { simulate } from "./convergence.ts";

/** SEED replays one; SEEDS tries so many from 1 on. `scripts/sim orchestration` tries many on all cores. */
const seeds =
  process.env["SEED"] !== undefined
    ? [Number(process.env["SEED"])]
    : Array.from({ length: Number(process.env["SEEDS"] ?? 8) }, (_, at) => at + 1);
for (const seed of seeds) {
  test(`after chaos every service runs as wanted and the store comes to rest (seed=${seed})`, async () => {
    await simulate(seed);
  });
}
