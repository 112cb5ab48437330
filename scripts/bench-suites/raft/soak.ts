import type { OurGroup } from "./our-group.ts";
import { putFromOutside, summarise, type Throughput } from "./throughput.ts";

/** One stretch of load; the clients are new processes each time. */
const STRETCH_MS = 30_000;
const CLIENTS = 2;
const IN_FLIGHT = 500;

export interface Soak {
  readonly minutes: number;
  readonly load: Throughput;
  /** How often the leader changed. */
  readonly elections: number;
  readonly leaderDelayMaxMs: number;
}

/** Saturates the group for a while: both cores are busy, and no member may take that for a lost leader. */
export async function soak(group: OurGroup, minutes: number, onStretch: (done: number) => void): Promise<Soak> {
  await group.ready();
  const before = (await group.leaderHealth()).term;
  const runs = [];
  let delayMaxMs = 0;
  for (let done = 0; done < minutes * 60_000; done += STRETCH_MS) {
    onStretch(done / 60_000);
    runs.push(
      await putFromOutside(group, CLIENTS, {
        inFlight: IN_FLIGHT,
        warmUpMs: 500,
        measureMs: STRETCH_MS,
        valueBytes: 256,
      }),
    );
    delayMaxMs = Math.max(delayMaxMs, (await group.leaderHealth()).delayMaxMs);
  }
  const { term } = await group.leaderHealth();
  return { minutes, load: summarise(runs), elections: term - before, leaderDelayMaxMs: delayMaxMs };
}
