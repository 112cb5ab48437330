import { readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";
import type { HostSystem } from "../../shared/rpc/gen/local.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";

const OS_RELEASE = "/etc/os-release";
const FORWARDING = "/proc/sys/net/ipv4/ip_forward";
const OWN_FILES = "/proc/self/fd";

interface Places {
  readonly dataDir: string;
  readonly ociRuntime: string;
  readonly ociRuntimes: ReadonlyMap<string, string>;
}

/** What the system says of itself. What it does not say is "", and no reason to fail. */
export function describeSystem({ dataDir, ociRuntime, ociRuntimes }: Places): Sendable<HostSystem> {
  const names = readOr(OS_RELEASE, "");
  return {
    kernelVersion: release(),
    operatingSystem: said(names, "PRETTY_NAME"),
    osVersion: said(names, "VERSION_ID"),
    dataDirectory: dataDir,
    ociRuntime,
    ociRuntimes: Object.fromEntries(ociRuntimes),
    forwardsIpv4: readOr(FORWARDING, "").trim() === "1",
    openFiles: readdirSync(OWN_FILES).length,
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
