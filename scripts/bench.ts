/** `scripts/bench SUITE [--json]`: runs a suite of measurements and prints a table, or JSON for programs. */

import { type Figure, renderFigures } from "./bench-suites/figure.ts";
import { measureFirstLight } from "./bench-suites/first-light.ts";

const SUITES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = { "first-light": measureFirstLight };

const [suite = "", ...flags] = process.argv.slice(2);
const measure = SUITES[suite];
if (measure === undefined || flags.some((flag) => flag !== "--json")) {
  console.error(`usage: scripts/bench ${Object.keys(SUITES).join("|")} [--json]`);
  process.exit(2);
}
const figures = await measure();
console.log(flags.includes("--json") ? JSON.stringify(figures, null, 2) : renderFigures(figures));
if (figures.some(({ worst, limit }) => worst > limit)) process.exitCode = 1;
