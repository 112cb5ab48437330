/** Three hosts of ours, in the lab. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { daemonPids, socketOf } from "../../lab-parts/daemons.ts";
import { pathsOf, ROOT } from "../../lab-parts/names.ts";
import { IMAGE, type Side } from "./side.ts";

const HOSTS = ["host1", "host2", "host3"];

/** With the image on all of them, which is also written to `archive`. */
export function openLabHosts(archive: string): Side {
  lab("down");
  lab("up", String(HOSTS.length));
  lab("ctl", "host1", "image", "pull", "--all-nodes", IMAGE);
  lab("ctl", "host1", "image", "save", "--output", archive, IMAGE);
  return {
    name: "ours",
    sockets: HOSTS.map((host) => join(pathsOf(host).run, "docker.sock")),
    command: { program: join(ROOT, "dist/bin/swarmctl"), environment: { SWARM_SOCKET: socketOf("host1") } },
    processes: () => ({
      daemons: HOSTS.flatMap((host) => daemonPids(host)),
      monitors: readdirSync("/proc")
        .map(Number)
        .filter((pid) => pid > 0 && isMonitor(pid)),
    }),
    async [Symbol.asyncDispose]() {
      lab("down");
    },
  };
}

function isMonitor(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "conmon";
  } catch {
    return false;
  }
}

function lab(...args: readonly string[]): void {
  execFileSync(join(ROOT, "scripts/lab"), args, { stdio: ["ignore", "ignore", "inherit"] });
}
