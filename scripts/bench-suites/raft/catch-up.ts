import { join } from "node:path";
import type { OurGroup } from "./our-group.ts";

/** 10,000 keys of this size are the state: 200 MB, and so is its snapshot. */
const VALUE_BYTES = 20 * 1024;
const FILL_MS = 40_000;
const FILL_IN_FLIGHT = 32;

export interface CatchUp {
  readonly stateBytes: number;
  /** From the newcomer's start to its vote: the snapshot, restoring it, and what was written in the meantime. */
  readonly tookMs: number;
  /** The leader's event loop delay during that time, beyond the timer's resolution: a heartbeat is due every 100 ms. */
  readonly leaderDelayMaxMs: number;
  readonly elections: number;
}

/** A fourth member joins a group with much state, while puts go on. */
export async function catchUp(group: OurGroup, directory: string): Promise<CatchUp> {
  const leader = await group.ready();
  const fill = { inFlight: FILL_IN_FLIGHT, warmUpMs: 0, measureMs: FILL_MS, valueBytes: VALUE_BYTES };
  const { puts } = await group.loadInside(fill);
  const before = (await group.leaderHealth()).term;
  const beganMs = performance.now();
  await group.add({ name: "newcomer", directory: join(directory, "newcomer"), join: leader.address });
  const tookMs = performance.now() - beganMs;
  const { term, delayMaxMs } = await group.leaderHealth();
  const keys = Math.min(puts, 10_000);
  return { stateBytes: keys * VALUE_BYTES, tookMs, leaderDelayMaxMs: delayMaxMs, elections: term - before };
}
