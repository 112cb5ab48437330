/** The lab as a whole and its hosts' power: up, down, poweroff, boot. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { installSwitch, plugIn, setCable, unplug } from "./cables.ts";
import { withCacheLock } from "./cache-lock.ts";
import { killGroups, processesOf, processorSecondsOf, removeGroups } from "./cgroups.ts";
import { daemonPids, startDaemon } from "./daemons.ts";
import { ensureImages, stockRegistry } from "./images.ts";
import { firstProcessOf, hosts, machines, mustBeOn, startMachine, stopMachine } from "./machines.ts";
import { CACHE, CLIENT, HUB, hostName, IPV6_MARK, LabError, ROOT, RUN, STATE } from "./names.ts";
import { run, say, waitFor } from "./run.ts";
import { formSwarm } from "./swarm.ts";
import { fetchTools, toolPath } from "./tools.ts";

const BUILD_MS_MAX = 300_000;
const REAPED_MS_MAX = 10_000;
/** Mount point for a host's data; created when the server has no swarm of its own, and removed again later. */
const DATA_DIR = "/var/lib/swarm";
const DATA_DIR_MARK = join(DATA_DIR, ".made-by-the-lab");
/** Written last by `up`: a lab without it is half made. */
const COMPLETE = join(RUN, "complete");

export interface UpOptions {
  readonly count: number;
  readonly managers: number;
  readonly formSwarm: boolean;
  /** Machines have addresses of IPv6 alone. */
  readonly ipv6?: boolean;
}

/**
 * Makes the lab.
 * @throws LabError when there is one, or with the step that failed; what was made stays for inspection.
 */
export async function up(options: UpOptions): Promise<void> {
  if (existsSync(COMPLETE)) throw new LabError(`a lab with ${hosts().length} hosts is up; 'lab down' removes it.`);
  if (isHalfMade()) {
    say("removing what is left of an earlier lab");
    await down();
  }
  const names = Array.from({ length: options.count }, (_, index) => hostName(index + 1));
  await ensureBundle();
  await ensureImages();
  await toolPath("docker-registry");
  mkdirSync(STATE, { recursive: true });
  mkdirSync(RUN, { recursive: true });
  if (options.ipv6 === true) writeFileSync(IPV6_MARK, "");
  await makeDataDir();
  await startMachine(HUB, names);
  await installSwitch();
  await stockRegistry(join(STATE, HUB, "registry"));
  await Promise.all([startDaemon(HUB), ...[CLIENT, ...names].map((machine) => startMachine(machine, names))]);
  for (const machine of [CLIENT, ...names]) await plugIn(machine);
  say(`network, registry and ${names.length} hosts are up`);
  await Promise.all(names.map(startDaemon));
  say(`swarmd runs on ${names.join(", ")}`);
  if (options.formSwarm) await formSwarm(names, options.managers);
  writeFileSync(COMPLETE, "");
}

/** Removes everything but the cache; works for a lab in any condition, even for none. */
export async function down(): Promise<void> {
  // The groups find every process, even of a lab whose records are lost.
  const pids = processesOf("");
  tellTimes();
  await killGroups();
  await removeGroups();
  await unmountBelow([RUN, STATE]);
  for (const path of [RUN, STATE]) rmSync(path, { recursive: true, force: true });
  await removeDataDir();
  await waitUntilReaped(pids);
}

/** Who started the tests wants to know what the lab took of the processors; here, because its groups go now. */
function tellTimes(): void {
  const path = process.env["SWARM_LAB_TIMES"];
  if (path !== undefined) appendFileSync(path, `${processorSecondsOf().toFixed(2)}\n`);
}

/** Dead processes stay on the list until the machine's init reaps them, which may take a second. */
async function waitUntilReaped(pids: readonly number[]): Promise<void> {
  await waitFor("the end of the lab's processes", REAPED_MS_MAX, () =>
    pids.some((pid) => existsSync(`/proc/${pid}`)) ? null : true,
  ).catch(() => say("the lab's processes are dead, but init has not reaped all of them yet"));
}

/** Fetches what `up` would fetch, and the programs that only tests call: after that, neither needs a network. */
export async function fetchAll(): Promise<void> {
  await fetchTools();
  await ensureImages();
}

/** The images and packages too. */
export function purge(): void {
  rmSync(CACHE, { recursive: true, force: true });
}

/** Link down, then every process at once: to the others the host falls silent in mid-sentence. */
export async function powerOff(host: string): Promise<void> {
  mustBeOn(host);
  await setCable(host, "down");
  await stopMachine(host);
  await unplug(host);
}

/** Starts a powered-off host with its old data, and its daemon. */
export async function boot(host: string): Promise<void> {
  if (!machines().includes(host)) mustBeOn(host);
  if (firstProcessOf(host) !== null) throw new LabError(`${host} is already running.`);
  await startMachine(host, hosts());
  await plugIn(host);
  await startDaemon(host);
}

export function statusLines(): readonly string[] {
  return machines().map((machine) => {
    const power = firstProcessOf(machine) === null ? "off" : "on";
    const daemon = machine === CLIENT ? "" : daemonPids(machine).length > 0 ? "daemon runs" : "no daemon";
    return [machine.padEnd(8), power.padEnd(4), daemon].join(" ").trimEnd();
  });
}

async function ensureBundle(): Promise<void> {
  const said = await run(join(ROOT, "scripts/build"), ["--if-stale"], { timeoutMs: BUILD_MS_MAX });
  if (said.trim() !== "") say(said.trim());
}

/** Under the lock, or the end of the last lab could remove it while the next one has just begun to use it. */
async function makeDataDir(): Promise<void> {
  await withCacheLock(async () => {
    mkdirSync(RUN, { recursive: true });
    if (existsSync(DATA_DIR)) return;
    mkdirSync(DATA_DIR);
    writeFileSync(DATA_DIR_MARK, "");
  });
}

/**
 * Only by the last lab: removing a directory also removes what other labs' hosts have mounted over it, and their
 * daemons would continue in the server's own.
 */
async function removeDataDir(): Promise<void> {
  if (!existsSync(DATA_DIR_MARK)) return;
  await withCacheLock(async () => {
    const others = readdirSync("/run").filter((name) => name.startsWith("swarm-lab"));
    if (others.length > 0 || !existsSync(DATA_DIR_MARK)) return;
    // Anything else in it belongs to somebody.
    if (readdirSync(DATA_DIR).length > 1) return;
    rmSync(DATA_DIR_MARK);
    rmdirSync(DATA_DIR);
  });
}

/** Whether there are remains that are not a lab: of an `up` that failed, or of a machine that crashed. */
export function isHalfMade(): boolean {
  return !existsSync(COMPLETE) && (existsSync(RUN) || existsSync(STATE));
}

/** Mounts made from outside the machines, which did not end with them; the deepest first. */
async function unmountBelow(roots: readonly string[]): Promise<void> {
  const points = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((point) => roots.some((root) => point === root || point.startsWith(`${root}/`)))
    .reverse();
  for (const point of points) await run("umount", ["--lazy", point]);
}
