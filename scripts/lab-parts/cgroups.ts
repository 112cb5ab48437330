/**
 * The cgroups of lab machines: one group for each machine in every hierarchy. They make it possible to find a machine's
 * processes, whatever happened to their parents and namespaces, and to kill them all at once.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CGROUP, LabError } from "./names.ts";

/** A killed process leaves its group within milliseconds, unless it is stuck in the kernel. */
const EMPTY_MS_MAX = 60_000;
const POLL_MS = 5;

interface Hierarchy {
  readonly mountPoint: string;
  /** Mount options that name it, "" for v2. */
  readonly options: string;
}

/** Makes the machine's groups. The result is for machine.sh: groups to join and how to mount them again inside. */
export function createCgroups(machine: string): {
  readonly groups: readonly string[];
  readonly mounts: readonly string[];
} {
  const all = hierarchies();
  if (all.length === 0) throw new LabError("no cgroups are mounted below /sys/fs/cgroup; run scripts/setup.");
  const unified = all.find(({ mountPoint }) => mountPoint === "/sys/fs/cgroup");
  const groups = all.map(({ mountPoint }) => join(mountPoint, CGROUP, machine));
  for (const { mountPoint } of all) {
    const lab = join(mountPoint, CGROUP);
    for (const [parent, group] of [
      [mountPoint, lab],
      [lab, join(lab, machine)],
    ] as const) {
      if (unified !== undefined) handDownControllers(parent);
      mkdirSync(group, { recursive: true });
      for (const file of ["cpuset.cpus", "cpuset.mems"]) inheritSetting(parent, group, file);
    }
  }
  if (unified !== undefined) return { groups, mounts: ["unified"] };
  const mounts = all
    .filter(({ options }) => options !== "")
    .map(({ mountPoint, options }) => `${mountPoint} ${options}`);
  return { groups, mounts };
}

/** Kills everything in the groups of a machine (of all machines, without a name), and returns when they are empty. */
export async function killGroups(machine = ""): Promise<void> {
  const roots = groupRoots(machine);
  const deadlineMs = performance.now() + EMPTY_MS_MAX;
  for (const root of roots) {
    // With one write, the kernel kills all of them before any can react (cgroup v2, Linux 5.14).
    if (existsSync(join(root, "cgroup.kill"))) writeFileSync(join(root, "cgroup.kill"), "1");
  }
  for (;;) {
    const pids = roots.flatMap(processesIn);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    if (performance.now() > deadlineMs) throw new LabError(`processes ${pids.join(", ")} do not die.`);
    await sleep(POLL_MS);
  }
}

/** Removes the groups of a machine, or those of the whole lab. They must be empty of processes. */
export async function removeGroups(machine = ""): Promise<void> {
  const deadlineMs = performance.now() + EMPTY_MS_MAX;
  for (const root of groupRoots(machine)) {
    for (;;) {
      try {
        removeTree(root);
        break;
      } catch (error) {
        // The last process of a group is counted for a moment after its death.
        if (performance.now() > deadlineMs) throw error;
        await sleep(POLL_MS);
      }
    }
  }
}

/**
 * Gives the whole lab as much of the processors as that many programs outside of it have, where there is not enough for
 * all. Without it, all of its machines together count as one.
 */
export function weighLab(programs: number): void {
  for (const root of groupRoots("")) {
    for (const [file, one] of [
      ["cpu.weight", 100],
      ["cpu.shares", 1_024],
    ] as const)
      if (existsSync(join(root, file))) writeFileSync(join(root, file), String(one * programs));
  }
}

/** Every process of a machine, container processes too. */
export function processesOf(machine: string): readonly number[] {
  return [...new Set(groupRoots(machine).flatMap(processesIn))];
}

/** What all processes of the lab have taken since it was made. */
export function processorSecondsOf(): number {
  for (const root of groupRoots("")) {
    const [v1, v2] = [join(root, "cpuacct.usage"), join(root, "cpu.stat")];
    if (existsSync(v1)) return Number(readFileSync(v1, "utf8")) / 1e9;
    const usec = existsSync(v2) ? /^usage_usec (\d+)$/m.exec(readFileSync(v2, "utf8")) : null;
    if (usec !== null) return Number(usec[1]) / 1e6;
  }
  return 0;
}

function hierarchies(): readonly Hierarchy[] {
  const controllers = readFileSync("/proc/cgroups", "utf8")
    .split("\n")
    .flatMap((line) => (line.startsWith("#") ? [] : [line.split("\t")[0] ?? ""]));
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line): Hierarchy[] => {
      const [before = "", after = ""] = line.split(" - ");
      const mountPoint = before.split(" ")[4] ?? "";
      const [type, , superOptions = ""] = after.split(" ");
      if (!/^\/sys\/fs\/cgroup(\/|$)/.test(mountPoint)) return [];
      if (type === "cgroup2") return [{ mountPoint, options: "" }];
      if (type !== "cgroup") return [];
      const options = superOptions.split(",").filter((option) => controllers.includes(option));
      const named = superOptions.split(",").find((option) => option.startsWith("name="));
      return [{ mountPoint, options: named === undefined ? options.join(",") : `none,${named}` }];
    });
}

function groupRoots(machine: string): readonly string[] {
  return hierarchies()
    .map(({ mountPoint }) => join(mountPoint, CGROUP, machine))
    .filter((path) => existsSync(path));
}

function handDownControllers(parent: string): void {
  for (const controller of readFileSync(join(parent, "cgroup.controllers"), "utf8").split(/\s+/).filter(Boolean)) {
    try {
      writeFileSync(join(parent, "cgroup.subtree_control"), `+${controller}`);
    } catch {
      // The machines do without a controller that is in use elsewhere.
    }
  }
}

/** A new v1 cpuset group has no processor and accepts no process. */
function inheritSetting(parent: string, group: string, file: string): void {
  const path = join(group, file);
  if (existsSync(path) && existsSync(join(parent, file)) && readFileSync(path, "utf8").trim() === "")
    writeFileSync(path, readFileSync(join(parent, file), "utf8"));
}

function processesIn(group: string): readonly number[] {
  try {
    // A process of another process namespace reads as 0.
    const own = readFileSync(join(group, "cgroup.procs"), "utf8")
      .split("\n")
      .map(Number)
      .filter((pid) => pid > 0);
    return [...own, ...children(group).flatMap(processesIn)];
  } catch {
    // The group disappeared while we were looking.
    return [];
  }
}

function removeTree(group: string): void {
  for (const child of children(group)) removeTree(child);
  rmdirSync(group);
}

function children(group: string): readonly string[] {
  return readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(group, entry.name));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It died by itself.
  }
}
