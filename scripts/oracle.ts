/**
 * `scripts/oracle NAME [ARG...]`: lets programs that no one here wrote judge Docker's API on a host of a lab, and
 * compares with what is expected to differ. Exits 1 when something fails or differs that should not.
 */
import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { DOCKER_PY_NEEDS, runDockerPy } from "./oracles/docker-py.ts";
import { DOCKERD_NEEDS, runSideBySide } from "./oracles/dockerd/run.ts";
import { DOCKERODE_NEEDS, runDockerode } from "./oracles/dockerode.ts";
import type { OtherEngine } from "./oracles/engine.ts";
import { FUZZ_NEEDS, runFuzz } from "./oracles/swagger/fuzz.ts";
import { runSchema, SCHEMA_NEEDS } from "./oracles/swagger/schema.ts";
import { runTestcontainers, TESTCONTAINERS_NEEDS } from "./oracles/testcontainers.ts";
import { judge, type Ran, render } from "./oracles/verdict.ts";

const FUZZ_REQUESTS = 10_000;
/** A seed is printed, to be given again: whole numbers below this (2^31). */
const SEED_MAX = 0x8000_0000;

interface Oracle {
  /** What it must be given, for a person. */
  readonly needs: string;
  /** Prints what it found. False = something is not as expected. */
  readonly run: (first: string, ...rest: readonly string[]) => Promise<boolean>;
}

const ORACLES: ReadonlyMap<string, Oracle> = new Map([
  ["docker-py", { needs: DOCKER_PY_NEEDS, run: suite(runDockerPy) }],
  ["dockerode", { needs: DOCKERODE_NEEDS, run: suite(runDockerode) }],
  ["testcontainers", { needs: TESTCONTAINERS_NEEDS, run: suite(runTestcontainers) }],
  ["dockerd", { needs: DOCKERD_NEEDS, run: sideBySide }],
  ["schema", { needs: SCHEMA_NEEDS, run: async (file, socket) => told(judge(await runSchema(file, socket))) }],
  ["fuzz", { needs: FUZZ_NEEDS, run: fuzz }],
] satisfies [string, Oracle][]);

const [name = "", first, ...rest] = process.argv.slice(2);
const oracle = ORACLES.get(name);
if (oracle === undefined) {
  console.error(
    `Usage: scripts/oracle ${[...ORACLES.keys()].join("|")} [ARG...]\nWithout ARG each says what it needs.`,
  );
  process.exitCode = 2;
} else if (first === undefined) {
  console.log(oracle.needs);
} else if (!(await oracle.run(first, ...rest))) {
  process.exitCode = 1;
}

/**
 * Somebody else's suite, from a checkout that the caller names. `--socket PATH` asks another engine, to compare with;
 * every test that fails there is told. `--mirror` names the registry that gets the images which the suite pulls.
 * `--log FILE` keeps what the suite printed.
 */
function suite(run: (directory: string, other: OtherEngine | null) => Promise<Ran>): Oracle["run"] {
  return async (directory, ...rest) => {
    const options = { socket: { type: "string" }, mirror: { type: "string" }, log: { type: "string" } } as const;
    const { socket, mirror = null, log } = parseArgs({ args: [...rest], options }).values;
    const other = socket === undefined ? null : { socket, mirror };
    const found = await run(resolve(directory), other);
    if (log !== undefined) writeFileSync(log, found.said);
    return told(judge(other === null ? found : { ...found, known: new Map(), unsteady: new Map() }));
  };
}

async function sideBySide(socket: string, group = ""): Promise<boolean> {
  const { expectations, unexpected, unused } = await runSideBySide(socket, group, (line) => console.log(`-- ${line}`));
  for (const { line, theirs, ours } of unexpected) {
    console.log([line, ...indented("dockerd", theirs), ...indented("here", ours)].join("\n"));
  }
  const isGood = told(judge(expectations));
  for (const line of unused) console.log(`  no longer differs: ${line}`);
  return isGood;
}

async function fuzz(file: string, ...rest: readonly string[]): Promise<boolean> {
  const options = { requests: { type: "string" }, seed: { type: "string" } } as const;
  const given = parseArgs({ args: [...rest], options }).values;
  const requests = Number(given.requests ?? FUZZ_REQUESTS);
  const seed = Number(given.seed ?? randomInt(SEED_MAX));
  if (![requests, seed].every(Number.isSafeInteger)) throw new Error("--requests and --seed take whole numbers");
  console.log(`seed ${seed}`);
  const found = await runFuzz({ file, requests, seed, say: (line) => console.log(line) });
  for (const fault of found.faults) console.log(`FAULT: ${fault}`);
  for (const request of found.slow) console.log(`slow: ${request}`);
  const statuses = [...found.statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  const [before, after] = [found.megabytesBefore, found.megabytesAfter].map((megabytes) => megabytes.toFixed(0));
  console.log(`${found.faults.length} faults; answers ${statuses.join(", ")}; memory ${before} to ${after} MB`);
  return found.faults.length === 0;
}

function indented(who: string, text: string): readonly string[] {
  return text === "" ? [] : text.split("\n").map((line) => `    ${who}: ${line}`);
}

function told(verdict: ReturnType<typeof judge>): boolean {
  console.log(render(verdict));
  return verdict.unexpected.length === 0;
}
