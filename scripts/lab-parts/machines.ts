/** Lab machines: each is a first process (machine.sh) with namespaces and cgroups of its own. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createCgroups, killGroups, removeGroups } from "./cgroups.ts";
import { addressOf, CACHE, CLIENT, HUB, hostPortOf, LabError, pathsOf, REGISTRY_PORT, RUN } from "./names.ts";
import { run } from "./run.ts";

/** Only against a hang: it takes a fifth of a second if nothing else is running. */
const MACHINE_MS_MAX = 60_000;

/** Starts the first process of a machine; it has no cable yet. */
export async function startMachine(machine: string, allHosts: readonly string[]): Promise<void> {
  const { dir, run: runDir, data, log } = pathsOf(machine);
  rmSync(runDir, { recursive: true, force: true });
  for (const path of [runDir, join(dir, "etc"), join(dir, "fresh-run"), data, dirname(log), CACHE])
    mkdirSync(path, { recursive: true });
  const { groups, mounts } = createCgroups(machine);
  writeFileSync(join(dir, "cgroups"), `${groups.join("\n")}\n`);
  writeFileSync(join(dir, "cgroup-mounts"), `${mounts.join("\n")}\n`);
  writeEtc(join(dir, "etc"), machine, allHosts);
  const state = machine === HUB || machine === CLIENT ? [] : [data, dirname(log)];
  const pid = await startFirstProcess(machine, [machine, dir, ...state]);
  writeFileSync(join(dir, "pid"), `${pid} ${startTimeOf(pid)}\n`);
}

/** Kills every process of a machine at once; its namespaces, devices and mounts go with them. */
export async function stopMachine(machine: string): Promise<void> {
  await killGroups(machine);
  await removeGroups(machine);
}

/** The first process of a machine, or null when it is off. */
export function firstProcessOf(machine: string): number | null {
  const path = join(pathsOf(machine).dir, "pid");
  if (!existsSync(path)) return null;
  const [pid, startTime] = readFileSync(path, "utf8").trim().split(" ");
  return startTimeOf(Number(pid)) === startTime ? Number(pid) : null;
}

/** @throws LabError when the machine is off or unknown. */
export function mustBeOn(machine: string): number {
  const pid = firstProcessOf(machine);
  if (pid !== null) return pid;
  if (machines().length === 0) throw new LabError("no lab is up; 'lab up 3' makes one.");
  if (!machines().includes(machine))
    throw new LabError(`there is no ${machine} in this lab; it has ${hosts().join(", ")}.`);
  throw new LabError(`${machine} is powered off; 'lab boot ${machine}' starts it.`);
}

/** Runs a program on a machine and returns its output. */
export function runOn(machine: string, command: readonly string[], input?: string): Promise<string> {
  mustBeOn(machine);
  return run(ENTER, [RUN, machine, ...command], input === undefined ? {} : { input });
}

/** Path of the script that runs a command on a machine. */
export const ENTER = join(import.meta.dirname, "enter.sh");

/** Names of all machines, on or off, including the hub and the client. */
export function machines(): readonly string[] {
  const dir = join(RUN, "machines");
  return existsSync(dir) ? readdirSync(dir).sort((a, b) => a.localeCompare(b, "en", { numeric: true })) : [];
}

export function hosts(): readonly string[] {
  return machines().filter((machine) => machine !== HUB && machine !== CLIENT);
}

function startFirstProcess(machine: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", [join(import.meta.dirname, "machine.sh"), ...args], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), MACHINE_MS_MAX);
    const onOutput = (chunk: Buffer): void => {
      said += chunk.toString();
      if (!/^ready$/m.test(said) || child.pid === undefined) return;
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      resolve(child.pid);
    };
    child.stdout.on("data", onOutput);
    child.stderr.on("data", onOutput);
    child.on("error", reject);
    child.on("exit", () => {
      clearTimeout(timer);
      reject(new LabError(`${machine} does not start: ${said.trim() || "no reason given"}`));
    });
  });
}

/** Field 22 of /proc/PID/stat, which with the number identifies a process; null when there is no live one. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(") ") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/** Names instead of numbers for whoever looks around inside, and docker.io means the hub's registry. */
function writeEtc(dir: string, machine: string, allHosts: readonly string[]): void {
  const names = [...allHosts, HUB, CLIENT].map((name) => `${addressOf(name)} ${name}`);
  writeFileSync(join(dir, "hosts"), `127.0.0.1 localhost\n${names.join("\n")}\n`);
  writeFileSync(join(dir, "hostname"), `${machine}\n`);
  // Nothing listens there, and the refusal comes at once: an unknown name fails without a wait.
  writeFileSync(join(dir, "resolv.conf"), `nameserver ${addressOf(HUB)}\n`);
  writeFileSync(join(dir, "registries.conf"), registriesConf());
}

function registriesConf(): string {
  const template = readFileSync(join(import.meta.dirname, "../../packaging/lab-registries.conf"), "utf8");
  return template.replaceAll("@REGISTRY@", hostPortOf(HUB, REGISTRY_PORT));
}
