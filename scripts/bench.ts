/** `scripts/bench SUITE [--json] [--quick]`: runs a suite of measurements and prints a table, or JSON for programs. */

import { measureApi } from "./bench-suites/api.ts";
import { measureControlPlane } from "./bench-suites/control-plane.ts";
import { measureDoors } from "./bench-suites/doors.ts";
import { type Figure, renderFigures } from "./bench-suites/figure.ts";
import { measureFirstLight } from "./bench-suites/first-light.ts";
import { measureGossipLab } from "./bench-suites/gossip/lab.ts";
import { measureGossip } from "./bench-suites/gossip.ts";
import { measureLeak } from "./bench-suites/leak.ts";
import { measureNames } from "./bench-suites/names.ts";
import { measureNetwork } from "./bench-suites/network.ts";
import { measureNetworkKernel } from "./bench-suites/network-kernel.ts";
import { judge, judgeSoak, render } from "./bench-suites/raft/report.ts";
import { measureRaft, measureRaftSoak } from "./bench-suites/raft.ts";
import { measureScale } from "./bench-suites/scale.ts";
import { measureScaleLab } from "./bench-suites/scale-lab.ts";
import { measureStart } from "./bench-suites/start.ts";
import { measureTables } from "./bench-suites/tables.ts";
import { measureWorker } from "./bench-suites/worker.ts";

/** Long enough for everything that happens every few minutes. */
const SOAK_MINUTES = 10;

interface Outcome {
  readonly data: unknown;
  readonly text: string;
  readonly kept: boolean;
}

const SUITES: Readonly<Record<string, (quick: boolean) => Promise<Outcome>>> = {
  api: async (quick) => judgeFigures(await measureApi(quick)),
  "control-plane": async (quick) => judgeFigures(await measureControlPlane(quick, false)),
  // Some GiB, and minutes.
  "control-plane-large": async (quick) => judgeFigures(await measureControlPlane(quick, true)),
  doors: async (quick) => judgeFigures(await measureDoors(quick)),
  "first-light": async () => judgeFigures(await measureFirstLight()),
  gossip: async (quick) => judgeFigures([...(await measureGossip()), ...(await measureGossipLab(quick))]),
  // Only its parts in the lab, one size at a time: these must have the machine to themselves.
  "gossip-lab-3": async (quick) => judgeFigures(await measureGossipLab(quick, 3)),
  "gossip-lab-6": async (quick) => judgeFigures(await measureGossipLab(quick, 6)),
  // Some forty minutes; quick: four.
  leak: async (quick) => judgeFigures(await measureLeak(quick)),
  names: async (quick) => judgeFigures(measureNames(quick)),
  network: async (quick) => judgeFigures(await measureNetwork(quick, false)),
  "network-ways": async (quick) => judgeFigures(await measureNetwork(quick, false, ["ways"])),
  "network-visible": async (quick) => judgeFigures(await measureNetwork(quick, false, ["visible"])),
  "network-unbroken": async (quick) => judgeFigures(await measureNetwork(quick, true, ["unbroken"])),
  "network-kernel": async () => judgeFigures(measureNetworkKernel()),
  raft: async (quick) => {
    const data = await measureRaft(quick);
    return { data, text: render(data), kept: judge(data).every(({ kept }) => kept) };
  },
  "raft-soak": async (quick) => {
    const data = await measureRaftSoak(quick ? 1 : SOAK_MINUTES);
    const { what, kept } = judgeSoak(data);
    return { data, text: `${kept ? "ok" : "MISSED"}  ${what}`, kept };
  },
  scale: async (quick) => judgeFigures(await measureScale(quick)),
  // With a thousand real containers; quick: three hundred.
  "scale-lab": async (quick) => judgeFigures(await measureScaleLab(quick)),
  start: async (quick) => judgeFigures(await measureStart(quick)),
  tables: async (quick) => judgeFigures(await measureTables(quick)),
  worker: async (quick) => judgeFigures(await measureWorker(quick)),
};

const [suite = "", ...flags] = process.argv.slice(2);
const measure = SUITES[suite];
if (measure === undefined || flags.some((flag) => flag !== "--json" && flag !== "--quick")) {
  console.error(`usage: scripts/bench ${Object.keys(SUITES).join("|")} [--json] [--quick]`);
  process.exit(2);
}
const { data, text, kept } = await measure(flags.includes("--quick"));
console.log(flags.includes("--json") ? JSON.stringify(data, null, 2) : text);
process.exitCode = kept ? 0 : 1;

function judgeFigures(data: readonly Figure[]): Outcome {
  return { data, text: renderFigures(data), kept: data.every(({ worst, limit }) => worst <= limit) };
}
