/** `lone-member.ts MEMBERS`: a real member among a crowd played by one process; reports its cost to its parent. */
import { swarmProfile } from "../../../worker/gossip/core/profiles.ts";
import type { Endpoint } from "../../../worker/gossip/wire/address.ts";
import { startGossip } from "./start-gossip.ts";

export interface Footprint {
  readonly bytesPerMember: number;
  readonly cpuPercent: number;
}

export const LONE: Endpoint = { address: "127.2.0.1", port: 17_946 };
export const LONE_NAME = "the measured one";
export const CROWD_PORT = 17_947;
const REST_MS = 15_000;
/** The news that everybody has joined is passed on first. */
const SETTLE_MS = 10_000;

if (import.meta.main) await measure(Number(process.argv[2]));

async function measure(members: number): Promise<void> {
  const meta = new Uint8Array(60);
  await using gossip = await startGossip({ name: LONE_NAME, listen: LONE, meta, profile: swarmProfile });
  const before = heldBytes();
  for (let tries = 0; gossip.members().length <= members; tries++) {
    if (tries > 20) throw new Error("the crowd does not answer");
    await gossip.join([{ address: "127.1.0.1", port: CROWD_PORT }]);
    await sleep(200);
  }
  // News is not held back: 16 packets a second carry it, however much it is.
  while (gossip.hasNews) await sleep(100);
  await sleep(SETTLE_MS);
  const bytesPerMember = (heldBytes() - before) / members;
  const cpu = process.cpuUsage();
  await sleep(REST_MS);
  const { user, system } = process.cpuUsage(cpu);
  process.send?.({ bytesPerMember, cpuPercent: (user + system) / 10 / REST_MS } satisfies Footprint);
  await sleep(1_000);
}

/** What is reachable, with the bytes of buffers. */
function heldBytes(): number {
  for (let time = 0; time < 3; time++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
