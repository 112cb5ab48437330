/**
 * `scripts/bench worker`: starting, running and stopping containers on three hosts, beside a Docker Swarm of three
 * hosts in the same run (where dockerd and docker are in PATH) and beside a shell loop that does nothing else.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Figure, figure } from "./figure.ts";
import { openDockerHosts } from "./worker/docker-hosts.ts";
import { openFloor } from "./worker/floor.ts";
import { megabytesOf, percentOfCore, residentMegabytes } from "./worker/footprint.ts";
import { openLabHosts } from "./worker/lab-hosts.ts";
import { type Side, timeStart, timeStop, type Way } from "./worker/side.ts";

/** Replicas, how often, and what part of Docker's time a start may take. */
const LOADS = [
  { replicas: 1, runs: 9, part: 1 / 5 },
  { replicas: 10, runs: 5, part: 1 / 6 },
  { replicas: 50, runs: 3, part: 1 / 6 },
] as const;
const WAYS: readonly Way[] = ["API", "command line"];
const STOP_PART = 1 / 3;
const FLOOR_TIMES = 2;
const MANY = 50;
/** Until what follows a start is over, and how long the processor's use is measured. */
const CALM_MS = 10_000;
const IDLE_MS = 30_000;
const MANAGER_MB = 120;
const MONITOR_MB = 3;
const MANAGER_PERCENT = 2;
const ANY = Number.POSITIVE_INFINITY;

export async function measureWorker(quick: boolean): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), "swarm-bench-worker-"));
  const archive = join(directory, "image.tar");
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rmSync(directory, { recursive: true, force: true }));
  progress("three hosts of ours");
  const ours = opened.use(openLabHosts(archive));
  progress("three hosts of Docker's");
  const docker = opened.use(await openDockerHosts(archive));
  if (docker === null) console.error("note: without dockerd and docker in PATH nothing is compared with them");
  const sides = docker === null ? [ours] : [ours, docker];
  for (const side of sides) await once(side, "API", "warm", 3);
  const figures: Figure[] = [];
  for (const load of LOADS) figures.push(...(await starts(sides, load, quick)));
  using floor = openFloor(archive);
  floor.time(1);
  for (const { replicas } of LOADS) {
    progress(`the floor, ${replicas}`);
    const least = figure(`a shell loop of crun and conmon, ${replicas}`, "ms", ANY, [floor.time(replicas)]);
    const own = figures.find(({ name }) => name === startName(ours, "API", replicas))?.median ?? Number.NaN;
    figures.push(least, figure(`of that, by API, ${replicas}`, "times", FLOOR_TIMES, [own / least.median]));
  }
  for (const side of sides) figures.push(...(await footprint(side, quick)));
  return figures;
}

const startName = ({ name }: Side, way: Way, replicas: number): string =>
  `${name}: create to ${replicas} running, by ${way}`;

/** In turn, so that what else the machine does meets all of them. */
async function starts(
  sides: readonly Side[],
  { replicas, runs, part }: (typeof LOADS)[number],
  quick: boolean,
): Promise<readonly Figure[]> {
  const times = new Map<string, number[]>();
  const note = (name: string, ms: number): void => void times.set(name, [...(times.get(name) ?? []), ms]);
  for (let run = 0; run < (quick ? 1 : runs); run++) {
    for (const way of WAYS) {
      for (const side of sides) {
        progress(`${side.name}, ${replicas} by ${way}, run ${run + 1}`);
        const { startMs, stopMs } = await once(side, way, `bench${replicas}-${run}`, replicas);
        note(startName(side, way, replicas), startMs);
        note(`${side.name}: removal of ${replicas}`, stopMs);
      }
    }
  }
  const all = [...times].map(([name, samples]) => figure(name, "ms", ANY, samples));
  const [ours, docker] = sides;
  if (ours === undefined || docker === undefined) return all;
  const beside = (own: string, other: string): number => {
    const medianOf = (name: string): number => all.find((each) => each.name === name)?.median ?? Number.NaN;
    return medianOf(own) / medianOf(other);
  };
  const ways = WAYS.map((way) => {
    const time = beside(startName(ours, way, replicas), startName(docker, way, replicas));
    return figure(`create to ${replicas} running by ${way}, of Docker's time`, "times", part, [time]);
  });
  const removal = beside(`${ours.name}: removal of ${replicas}`, `${docker.name}: removal of ${replicas}`);
  const limit = replicas === MANY ? STOP_PART : ANY;
  return [...all, ...ways, figure(`removal of ${replicas}, of Docker's time`, "times", limit, [removal])];
}

async function once(
  side: Side,
  way: Way,
  name: string,
  replicas: number,
): Promise<{ readonly startMs: number; readonly stopMs: number }> {
  const startMs = await timeStart(side, way, name, replicas);
  return { startMs, stopMs: await timeStop(side, name) };
}

/** With many tasks that do nothing. */
async function footprint(side: Side, quick: boolean): Promise<readonly Figure[]> {
  progress(`memory and processor time of ${side.name}`);
  await timeStart(side, "API", "many", MANY);
  await sleep(CALM_MS);
  const { daemons, monitors } = side.processes();
  const [cpu = 0] = await percentOfCore([[...daemons, ...monitors]], quick ? CALM_MS : IDLE_MS);
  const isOurs = side.name === "ours";
  const hosts = side.sockets.length;
  const figures = [
    figure(
      `${side.name}: processor, ${hosts} idle managers, ${MANY} tasks`,
      "%",
      isOurs ? MANAGER_PERCENT * hosts : ANY,
      [cpu],
    ),
    figure(`${side.name}: daemons of all hosts`, "MB", ANY, [megabytesOf(daemons)]),
    figure(`${side.name}: what stays with each container`, "MB", isOurs ? MONITOR_MB : ANY, [
      megabytesOf(monitors) / MANY,
    ]),
  ];
  if (isOurs) {
    const resident = daemons.map(residentMegabytes);
    figures.push(figure(`${side.name}: resident memory of a manager, ${MANY} tasks`, "MB", MANAGER_MB, resident));
  }
  await timeStop(side, "many");
  return figures;
}

function progress(what: string): void {
  console.error(`bench: ${what} ...`);
}
