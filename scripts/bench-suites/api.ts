/** Docker's HTTP API of a host in a lab, and of a Docker Swarm beside it whose socket SWARM_BENCH_DOCKER names. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { mustHave } from "../../shared/invariant.ts";
import { daemonPids } from "../lab-parts/daemons.ts";
import { pathsOf, ROOT } from "../lab-parts/names.ts";
import { type Creates, measureCreates } from "./api/creates.ts";
import { measureReaders, measureSlowHeaders, measureUnread } from "./api/crowd.ts";
import { measureListing } from "./api/listing.ts";
import { type Figure, figure } from "./figure.ts";

const HOST = "host1";
/** Requests in flight, how many services are made, and what part of Docker Swarm's time one may take. */
const LOADS = [
  { inFlight: 1, count: 500, part: 1 },
  { inFlight: 64, count: 4_000, part: 0.1 },
  { inFlight: 256, count: 4_000, part: 0.1 },
] as const;
/** Docker makes about 270 a second, however many are in flight. */
const DOCKER_COUNT_MAX = 1_000;
const QUICK = 10;
const LISTED = 500;
const LISTINGS = 15;
const READERS = 1_000;
const ROUNDS = 20;
const SILENT = 1_000;
const UNREAD = 100;
const UNREAD_EVENTS = 1_000;

export async function measureApi(quick: boolean): Promise<readonly Figure[]> {
  const docker = process.env["SWARM_BENCH_DOCKER"] ?? "";
  if (docker === "") console.error("note: without SWARM_BENCH_DOCKER=SOCKET of a Docker Swarm nothing is compared");
  lab("down");
  lab("up", "1");
  try {
    const socket = join(pathsOf(HOST).run, "docker.sock");
    const pid = mustHave(daemonPids(HOST)[0], `the daemon of ${HOST}`);
    const scaled = (count: number): number => Math.ceil(count / (quick ? QUICK : 1));
    return [
      ...(await creates(socket, docker, scaled)),
      ...(await listings(socket, docker, scaled(LISTED))),
      ...(await crowds(socket, pid, scaled)),
    ];
  } finally {
    lab("down");
  }
}

type Scaled = (count: number) => number;

async function creates(socket: string, docker: string, scaled: Scaled): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  // What the first requests cost once: code that is compiled, connections.
  await measureCreates(socket, 8, scaled(200));
  for (const { inFlight, count, part } of LOADS) {
    const ours = await measureCreates(socket, inFlight, scaled(count));
    figures.push(...figuresOf("service creates", ours));
    if (docker === "") continue;
    const theirs = await measureCreates(docker, inFlight, Math.min(scaled(count), DOCKER_COUNT_MAX));
    figures.push(...figuresOf("the same of Docker Swarm", theirs));
    const beside = theirs.perSecond / ours.perSecond;
    figures.push(figure(`time of a create, ${inFlight} in flight, of Docker Swarm's`, "times", part, [beside]));
  }
  return figures;
}

function figuresOf(what: string, { inFlight, perSecond, p50, p99 }: Creates): readonly Figure[] {
  const any = Number.POSITIVE_INFINITY;
  return [
    figure(`${what} a second, ${inFlight} in flight`, "requests", any, [perSecond]),
    figure(`${what}, ${inFlight} in flight, median`, "ms", any, [p50]),
    figure(`${what}, ${inFlight} in flight, 99 of 100`, "ms", any, [p99]),
  ];
}

async function listings(socket: string, docker: string, services: number): Promise<readonly Figure[]> {
  const name = `docker service ls, ${services} services`;
  const theirs = docker === "" ? [] : await measureListing(docker, services, LISTINGS);
  const ours = await measureListing(socket, services, LISTINGS);
  const own = figure(name, "ms", Number.POSITIVE_INFINITY, ours);
  if (theirs.length === 0) return [own];
  const other = figure(`${name}, Docker Swarm`, "ms", Number.POSITIVE_INFINITY, theirs);
  return [own, other, figure(`${name}, of Docker Swarm's time`, "times", 1, [own.median / other.median])];
}

async function crowds(socket: string, pid: number, scaled: Scaled): Promise<readonly Figure[]> {
  const readers = await measureReaders(socket, pid, scaled(READERS), ROUNDS);
  const slow = await measureSlowHeaders(socket, pid, scaled(SILENT));
  const unread = await measureUnread(socket, pid, scaled(UNREAD), scaled(UNREAD_EVENTS));
  const { EventLoopDelay } = JSON.parse(labOutput("ctl", HOST, "info", "--format", "json")) as {
    readonly EventLoopDelay: { readonly P99Ms: number; readonly MaxMs: number };
  };
  const any = Number.POSITIVE_INFINITY;
  return [
    figure(`memory of a reader, ${scaled(READERS)} of events and logs`, "KB", any, [readers.kilobytesEach]),
    figure("until every reader of events has heard", "ms", any, readers.toldMs),
    figure(`memory of ${scaled(SILENT)} connections that begin headers`, "MB", 64, [slow.megabytes]),
    figure("until these are let go", "ms", 15_000, [slow.goneMs]),
    figure(`memory of ${scaled(UNREAD)} readers that take nothing`, "MB", 64, [unread]),
    figure("delay of the event loop, 99 of 100", "ms", any, [EventLoopDelay.P99Ms]),
    figure("delay of the event loop, worst", "ms", any, [EventLoopDelay.MaxMs]),
  ];
}

function lab(...args: readonly string[]): void {
  execFileSync(join(ROOT, "scripts/lab"), args, { stdio: ["ignore", "ignore", "inherit"] });
}

function labOutput(...args: readonly string[]): string {
  return execFileSync(join(ROOT, "scripts/lab"), args, { encoding: "utf8" });
}
