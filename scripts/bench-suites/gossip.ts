/**
 * Gossip's figures. In the simulator (independent of the machine's load): detection, spreading, traffic at 3 to 10,000
 * members. In one process: memory and processor time. In separate processes, ours beside Debian's serf: the same for
 * real, in a network namespace where every packet is counted. The lab's part is in gossip/lab.ts.
 *
 * The whole takes a quarter of an hour. GOSSIP_BENCH=simulated|footprint|real-3|real-6|real-25 measures a part.
 */

import { existsSync } from "node:fs";
import type { Figure } from "./figure.ts";
import type { AgentKind } from "./gossip/agents.ts";
import { measureFootprint } from "./gossip/footprint.ts";
import { measureSide } from "./gossip/side-by-side.ts";
import { measureSimulated } from "./gossip/simulated.ts";

const SIMULATED_MAX = 10_000;
const SIMULATED_MAX_QUICK = 1_000;
const SIDES: readonly (readonly [string, number, readonly AgentKind[]])[] = [
  ["real-3", 3, ["serf", "ours"]],
  ["real-6", 6, ["serf", "ours"]],
  ["real-25", 25, ["serf", "ours-lan", "ours"]],
];
const KILLS = 8;
const KILLS_QUICK = 2;
const SERF = "/usr/bin/serf";

export async function measureGossip(quick = false): Promise<readonly Figure[]> {
  const part = process.env["GOSSIP_BENCH"];
  const isWanted = (name: string): boolean => part === undefined || part === name;
  const figures: Figure[] = [];
  if (isWanted("simulated")) figures.push(...measureSimulated(quick ? SIMULATED_MAX_QUICK : SIMULATED_MAX));
  if (isWanted("footprint")) figures.push(...(await measureFootprint()));
  for (const [name, members, kinds] of SIDES) {
    if (!isWanted(name)) continue;
    for (const kind of kinds) {
      if (kind === "serf" && !existsSync(SERF)) console.error("serf is not installed: nothing to compare with");
      else figures.push(...(await measureSide({ kind, members, kills: quick ? KILLS_QUICK : KILLS })));
    }
  }
  return figures;
}
