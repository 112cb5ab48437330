/** Three hosts of a real Docker Swarm in namespaces, from the dockerd in PATH; all of it gone when it is disposed. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type Side, until } from "./side.ts";

const HOSTS = 3;
export const dockerAddressOf = (at: number): string => `10.79.0.${at + 1}`;
export const DOCKER_OUTSIDE = "10.79.0.200";
/** Images that are there are not looked up in registries that are not. */
const OFFLINE = { DOCKER_SERVICE_PREFER_OFFLINE_IMAGE: "1" };
const DAEMONS: ReadonlySet<string> = new Set(["dockerd", "containerd"]);
const MONITOR = /^containerd-shim/;

export interface DockerHosts extends Side {
  /** Of each host, the first process of its namespaces. */
  readonly firstProcesses: readonly number[];
  /** Name of the network namespace with the switch, which has DOCKER_OUTSIDE: from there one comes from outside. */
  readonly hub: string;
}

/** null = there is no dockerd here. `archive`: images for all of them, as `docker load` takes them. */
export async function openDockerHosts(archive: string): Promise<DockerHosts | null> {
  if (!has("dockerd") || !has("docker")) return null;
  const directory = mkdtempSync(join(tmpdir(), "swarm-bench-docker-"));
  const hub = "swarm-bench-hub";
  await using opened = new AsyncDisposableStack();
  opened.defer(() => rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 }));
  ip("netns", "add", hub);
  opened.defer(() => ip("netns", "delete", hub));
  ip("-n", hub, "link", "add", "hub", "type", "bridge");
  ip("-n", hub, "address", "add", `${DOCKER_OUTSIDE}/24`, "dev", "hub");
  ip("-n", hub, "link", "set", "hub", "up");
  const roots: number[] = [];
  const sockets: string[] = [];
  for (let at = 0; at < HOSTS; at++) {
    const home = join(directory, `host${at + 1}`);
    mkdirSync(home);
    const root = startHost(home, at);
    opened.defer(() => endHost(root));
    await until("the namespaces of a host", async () => childrenOf(root).length > 0);
    const [first = 0] = childrenOf(root);
    ip("link", "add", `port${at}`, "netns", hub, "type", "veth", "peer", "name", "eth0", "netns", String(first));
    ip("-n", hub, "link", "set", `port${at}`, "master", "hub", "up");
    roots.push(root);
    sockets.push(join(home, "docker.sock"));
  }
  const [manager = ""] = sockets;
  for (const socket of sockets) {
    await until("dockerd", async () => tryDocker(socket, "version"));
    docker(socket, "load", "--quiet", "--input", archive);
  }
  docker(manager, "swarm", "init", "--advertise-addr", dockerAddressOf(0));
  const token = docker(manager, "swarm", "join-token", "--quiet", "manager").trim();
  for (const [at, socket] of sockets.entries()) {
    if (at === 0) continue;
    docker(
      socket,
      "swarm",
      "join",
      "--advertise-addr",
      dockerAddressOf(at),
      "--token",
      token,
      `${dockerAddressOf(0)}:2377`,
    );
  }
  const version = docker(manager, "version", "--format", "{{.Server.Version}}").trim();
  const closing = opened.move();
  return {
    name: `Docker ${version}`,
    sockets,
    hub,
    firstProcesses: roots.map((root) => childrenOf(root)[0] ?? 0),
    command: { program: "docker", environment: { DOCKER_HOST: `unix://${manager}` } },
    processes() {
      const all = roots.flatMap(descendantsOf).map((pid) => ({ pid, name: nameOf(pid) }));
      return {
        daemons: all.filter(({ name }) => DAEMONS.has(name)).map(({ pid }) => pid),
        monitors: all.filter(({ name }) => MONITOR.test(name)).map(({ pid }) => pid),
      };
    },
    [Symbol.asyncDispose]: () => closing[Symbol.asyncDispose](),
  };
}

/** Process id of what holds the host's namespaces. */
function startHost(home: string, at: number): number {
  const options = [
    ...["--config-file", "/dev/null", "--data-root", `${home}/data`, "--exec-root", `${home}/exec`],
    ...["--pidfile", `${home}/pid`, "-H", `unix://${home}/docker.sock`, "--storage-driver", "overlay2"],
    ...["--feature", "containerd-snapshotter=false", "--exec-opt", "native.cgroupdriver=cgroupfs"],
    // Groups outlive who is killed, and go with the cell of this name (scripts/lib/cell.sh).
    ...["--cgroup-parent", `/${basename(tmpdir())}`],
  ];
  const script = [
    "mount --make-rprivate /",
    // With other sockets of the machine's own dockerd there, if it has one.
    "mount -t tmpfs tmpfs /run",
    "ip link set lo up",
    "while ! ip link show eth0 >/dev/null 2>&1; do sleep 0.05; done",
    `ip addr add ${dockerAddressOf(at)}/24 dev eth0 && ip link set eth0 up`,
    `exec dockerd ${options.join(" ")}`,
  ].join("\n");
  const log = openSync(join(home, "log"), "a");
  const words = ["--net", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "bash", "-ec", script];
  const child = spawn("unshare", words, {
    ...{ detached: true, stdio: ["ignore", log, log], env: { ...process.env, ...OFFLINE } },
  });
  closeSync(log);
  child.unref();
  return child.pid ?? 0;
}

/** With the first process of its namespace all others end. */
async function endHost(root: number): Promise<void> {
  for (const pid of childrenOf(root)) process.kill(pid, "SIGKILL");
  await until("the end of a dockerd", async () => nameOf(root) === "");
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}

export function descendantsOf(pid: number): readonly number[] {
  const threads = listed(`/proc/${pid}/task`);
  const own = threads.flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
  return own.flatMap((child) => [child, ...descendantsOf(child)]);
}

function listed(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** "" = there is no such process. */
function nameOf(pid: number): string {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))
      ? ""
      : readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}

function has(program: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function ip(...words: readonly string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "ignore", "inherit"] });
}

export function docker(socket: string, ...words: readonly string[]): string {
  return execFileSync("docker", ["-H", `unix://${socket}`, ...words], { encoding: "utf8" });
}

function tryDocker(socket: string, ...words: readonly string[]): boolean {
  try {
    execFileSync("docker", ["-H", `unix://${socket}`, ...words], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
