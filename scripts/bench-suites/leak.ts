/**
 * `scripts/bench leak`: tasks and containers that come and go on one host of a lab, and what they leave in the daemon
 * and on the host. SWARM_BENCH_SNAPSHOTS names a directory for two snapshots of the daemon's heap, to be compared.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { daemonPids } from "../lab-parts/daemons.ts";
import { pathsOf } from "../lab-parts/names.ts";
import { type Figure, figure } from "./figure.ts";
import { lab, progress } from "./lab-control.ts";
import { Cycle } from "./leak/cycle.ts";
import { BUFFERS, HEAP, HeldByDaemon, type Holdings, MEMORY } from "./leak/holdings.ts";

const HOST = "host1";
const CYCLES = 1_000;
const CYCLES_QUICK = 100;
const FIRST = 50;
const LOOK_EVERY = 50;
/** What follows an end is over: reports, and what the daemon looks for every few seconds. */
const CALM_MS = 8_000;
/**
 * A quick run sees the daemon fill what it keeps a bounded number of: 4,096 events, 10,500 entries of its Raft log. In
 * a long one these are full by its second half.
 */
const KEPT_MB_MAX = 10;
/** Connections and timers that happen to be there. */
const CHANCE = 2;
const ANY = Number.POSITIVE_INFINITY;

export async function measureLeak(quick: boolean): Promise<readonly Figure[]> {
  lab("down");
  lab("up", "1");
  try {
    lab("ctl", HOST, "image", "pull", "busybox");
    const [daemon] = daemonPids(HOST);
    if (daemon === undefined) throw new Error(`no daemon runs on ${HOST}`);
    const held = await HeldByDaemon.open(HOST, daemon);
    using cycle = new Cycle(join(pathsOf(HOST).run, "docker.sock"));
    await cycle.begin();
    const looks = await runCycles(cycle, held, quick ? CYCLES_QUICK : CYCLES);
    await cycle.end();
    return figuresOf(looks);
  } finally {
    lab("down");
  }
}

async function runCycles(cycle: Cycle, held: HeldByDaemon, count: number): Promise<readonly Holdings[]> {
  const directory = process.env["SWARM_BENCH_SNAPSHOTS"];
  const looks: Holdings[] = [];
  for (let done = 1; done <= FIRST + count; done++) {
    await cycle.run();
    if (done % LOOK_EVERY !== 0) continue;
    await sleep(CALM_MS);
    const isEnd = done === FIRST || done === FIRST + count;
    const snapshot = directory !== undefined && isEnd ? join(directory, `after-${done}.heapsnapshot`) : null;
    const look = { ...held.memory(snapshot), ...held.things() };
    looks.push(look);
    progress(
      `${done} cycles: ${Object.entries(look)
        .map(([what, value]) => `${what} ${Math.round(value * 10) / 10}`)
        .join(", ")}`,
    );
  }
  return looks;
}

/** What is left is there at each look; what was only under way is not there at one of them. */
function figuresOf(looks: readonly Holdings[]): readonly Figure[] {
  const [first = {}, ...later] = looks;
  const settled = later.slice(Math.floor(later.length / 2));
  return Object.keys(first).map((what) => {
    const isMemory = MEMORY.includes(what);
    const isKept = what === HEAP || what === BUFFERS;
    const more = Math.min(...settled.map((look) => (look[what] ?? 0) - (first[what] ?? 0)));
    const limit = isKept ? KEPT_MB_MAX : isMemory ? ANY : CHANCE;
    return figure(`more after cycles: ${what}`, isMemory ? "MB" : "pieces", limit, [more]);
  });
}
