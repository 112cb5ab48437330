/** The programs that run on lab machines: swarmd on every host, the registry in the hub. */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { processesOf } from "./cgroups.ts";
import { ENTER, mustBeOn } from "./machines.ts";
import {
  addressOf,
  HUB,
  hostPortOf,
  LabError,
  MANAGER_PORT,
  pathsOf,
  REGISTRY_PORT,
  ROOT,
  RUN,
  STATE,
} from "./names.ts";
import { run, waitFor } from "./run.ts";
import { toolPath } from "./tools.ts";

const DAEMON_MS_MAX = 120_000;
/** How much of a log explains a daemon's death. */
const LOG_TAIL_LINES = 8;

/** Where the daemon listens, seen from the host and from here. */
export const SOCKET_INSIDE = "/run/swarm/swarmd.sock";
export function socketOf(host: string): string {
  return join(pathsOf(host).run, "swarmd.sock");
}

/** Starts the daemon of a machine and waits until it answers. @throws LabError when it runs already or dies. */
export async function startDaemon(machine: string): Promise<void> {
  mustBeOn(machine);
  if (daemonPids(machine).length > 0) throw new LabError(`the daemon of ${machine} is already running.`);
  if (machine === HUB) await startRegistry();
  else await startSwarmd(machine);
}

/** Kills it with SIGKILL: no shutdown, no clean-up. @throws LabError when it does not run. */
export function killDaemon(machine: string): Promise<void> {
  return endDaemon(machine, "SIGKILL");
}

/** Asks it to end, as service managers do; resolves when it has. @throws LabError when it does not run. */
export function stopDaemon(machine: string): Promise<void> {
  return endDaemon(machine, "SIGTERM");
}

async function endDaemon(machine: string, signal: NodeJS.Signals): Promise<void> {
  mustBeOn(machine);
  const pids = daemonPids(machine);
  if (pids.length === 0) throw new LabError(`no daemon runs on ${machine}; 'lab start-daemon ${machine}' starts it.`);
  for (const pid of pids) process.kill(pid, signal);
  await waitFor(`the end of ${machine}'s daemon`, DAEMON_MS_MAX, () =>
    daemonPids(machine).length === 0 ? true : null,
  );
}

/** Found by what they run, so that a daemon started by swarmctl counts too. */
export function daemonPids(machine: string): readonly number[] {
  const program = machine === HUB ? /docker-registry/ : /swarmd(\.mjs|\/main\.ts)/;
  return processesOf(machine).filter((pid) => program.test(commandLineOf(pid)));
}

async function startSwarmd(host: string): Promise<void> {
  const address = addressOf(host);
  const pid = spawnOn(host, [
    process.env["SWARM_LAB_SWARMD"] ?? join(ROOT, "dist/bin/swarmd"),
    ...["--data-dir", "/var/lib/swarm"],
    ...["--run-dir", "/run/swarm"],
    ...["--socket", SOCKET_INSIDE],
    ...["--listen-addr", hostPortOf(host, MANAGER_PORT)],
    ...["--advertise-addr", address],
    ...["--registries-conf", "/etc/containers/registries.conf"],
    ...["--hostname", host],
    ...["--log-level", process.env["SWARM_LAB_LOG_LEVEL"] ?? "info"],
    ...(process.env["SWARM_LAB_SWARMD_OPTIONS"] ?? "").split(" ").filter(Boolean),
  ]);
  await waitUntilItAnswers(host, pid, socketOf(host));
}

async function startRegistry(): Promise<void> {
  const config = join(STATE, HUB, "registry.yml");
  const storage = join(STATE, HUB, "registry");
  mkdirSync(storage, { recursive: true });
  writeFileSync(config, registryConfig(storage));
  const pid = spawnOn(HUB, [await toolPath("docker-registry"), "serve", config]);
  const isThere = ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${REGISTRY_PORT}`];
  await waitFor("the registry in the hub", DAEMON_MS_MAX, async () => {
    if (!isAlive(pid)) throw diedAtStart(HUB);
    return run(ENTER, [RUN, HUB, ...isThere]).then(
      () => true,
      () => null,
    );
  });
}

export function registryConfig(storage: string): string {
  return [
    "version: 0.1",
    "log: { accesslog: { disabled: true }, level: warn }",
    `storage: { filesystem: { rootdirectory: "${storage}" }, delete: { enabled: true } }`,
    `http: { addr: ":${REGISTRY_PORT}" }`,
    "",
  ].join("\n");
}

function spawnOn(machine: string, command: readonly string[]): number {
  const { log } = pathsOf(machine);
  mkdirSync(dirname(log), { recursive: true });
  const output = openSync(log, "a", 0o600);
  const child = spawn(ENTER, [RUN, machine, ...command], {
    detached: true,
    stdio: ["ignore", output, output],
    cwd: "/",
  });
  closeSync(output);
  child.unref();
  if (child.pid === undefined) throw new LabError(`cannot start ${command[0]} on ${machine}.`);
  return child.pid;
}

async function waitUntilItAnswers(host: string, pid: number, socket: string): Promise<void> {
  await waitFor(`the daemon of ${host} (see 'lab logs ${host}')`, DAEMON_MS_MAX, () => {
    if (!isAlive(pid)) throw diedAtStart(host);
    return canConnect(socket);
  });
}

function diedAtStart(machine: string): LabError {
  const { log } = pathsOf(machine);
  const tail = readFileSync(log, "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES).join("\n  ");
  return new LabError(`the daemon of ${machine} ended as it started:\n  ${tail}`);
}

function canConnect(socket: string): Promise<true | null> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.on("error", () => resolve(null));
  });
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
