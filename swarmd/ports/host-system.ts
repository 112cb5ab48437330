import { existsSync, readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import type { ControlGroups, HostSystem } from "../../shared/rpc/gen/local.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { fileSystemAt, systemProjectQuotas } from "../../worker/ports/system-project-quotas.ts";

const OS_RELEASE = "/etc/os-release";
const FORWARDING = "/proc/sys/net/ipv4/ip_forward";
const OWN_FILES = "/proc/self/fd";

const CGROUPS = "/sys/fs/cgroup";
const APPARMOR = "/sys/module/apparmor/parameters/enabled";

interface Places {
  readonly dataDir: string;
  readonly ociRuntime: string;
  readonly ociRuntimes: ReadonlyMap<string, string>;
}

/**
 * What the system says of itself. What it does not say is "", and no reason to fail. Files that stay as they are while
 * the daemon runs are read here and once: each command of Docker's asks before it begins.
 */
export function systemDescriber({ dataDir, ociRuntime, ociRuntimes }: Places): () => Sendable<HostSystem> {
  const names = readOr(OS_RELEASE, "");
  const lasting = {
    kernelVersion: release(),
    operatingSystem: said(names, "PRETTY_NAME"),
    osVersion: said(names, "VERSION_ID"),
    dataDirectory: dataDir,
    ociRuntime,
    ociRuntimes: Object.fromEntries(ociRuntimes),
    controlGroups: controlGroupsAt(CGROUPS, readOr("/proc/self/cgroup", "")),
    hasAppArmor: readOr(APPARMOR, "").trim() === "Y",
    dataFileSystem: fileSystemAt(dataDir),
  };
  return () => ({
    ...lasting,
    forwardsIpv4: readOr(FORWARDING, "").trim() === "1",
    limitsFiles: systemProjectQuotas.lackAt(dataDir) === null,
    openFiles: readdirSync(OWN_FILES).length,
  });
}

/** @param own the daemon's /proc/self/cgroup: the root of version 2 shows no limits. Exported for its tests. */
export function controlGroupsAt(root: string, own: string): Sendable<ControlGroups> {
  const has = (path: string): boolean => existsSync(`${root}/${path}`);
  const controllers = readOr(`${root}/cgroup.controllers`, "").trim();
  if (controllers !== "") {
    const words = new Set(controllers.split(/\s+/));
    const group = /^0::\/?(.*)$/m.exec(own)?.[1] ?? "";
    return {
      version: 2,
      limitsMemory: words.has("memory"),
      limitsSwap: has(`${group}/memory.swap.max`),
      limitsCpu: words.has("cpu"),
      choosesCpus: words.has("cpuset"),
      limitsProcesses: words.has("pids"),
      canHoldAtLimit: false,
      limitsTcpMemory: false,
    };
  }
  return {
    version: has("memory") ? 1 : 0,
    limitsMemory: has("memory/memory.limit_in_bytes"),
    limitsSwap: has("memory/memory.memsw.limit_in_bytes"),
    limitsCpu: ["cpu", "cpu,cpuacct"].some((name) => has(`${name}/cpu.cfs_quota_us`)),
    choosesCpus: has("cpuset/cpuset.cpus"),
    limitsProcesses: has("pids"),
    canHoldAtLimit: has("memory/memory.oom_control"),
    limitsTcpMemory: has("memory/memory.kmem.tcp.limit_in_bytes"),
  };
}

/** KEY="VALUE" or KEY=VALUE on a line of its own. */
function said(text: string, key: string): string {
  return new RegExp(`^${key}="?(.*?)"?$`, "m").exec(text)?.[1] ?? "";
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return otherwise;
  }
}
