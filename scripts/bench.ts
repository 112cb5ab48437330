/** `scripts/bench SUITE [--json] [--quick]`: runs a suite of measurements and prints a table, or JSON for programs. */

import { renderFigures } from "./bench-suites/figure.ts";
import { measureFirstLight } from "./bench-suites/first-light.ts";
import { judge, render } from "./bench-suites/raft/report.ts";
import { measureRaft } from "./bench-suites/raft.ts";

interface Outcome {
  readonly data: unknown;
  readonly text: string;
  readonly kept: boolean;
}

const SUITES: Readonly<Record<string, (quick: boolean) => Promise<Outcome>>> = {
  "first-light": async () => {
    const data = await measureFirstLight();
    return { data, text: renderFigures(data), kept: data.every(({ worst, limit }) => worst <= limit) };
  },
  raft: async (quick) => {
    const data = await measureRaft(quick);
    return { data, text: render(data), kept: judge(data).every(({ kept }) => kept) };
  },
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
