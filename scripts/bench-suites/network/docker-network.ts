/**
 * The same ways to a container in a real Docker Swarm of three hosts, as far as it has them here: directly over its
 * overlay, and through a port of the host. Its virtual addresses and mesh need IPVS of the kernel.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustHave } from "../../../shared/invariant.ts";
import { waitFor } from "../../lab-parts/run.ts";
import { ctl } from "../../lab-parts/swarm.ts";
import { progress } from "../lab-control.ts";
import { type DockerHosts, descendantsOf, docker, dockerAddressOf, openDockerHosts } from "../worker/docker-hosts.ts";
import type { NameSide } from "./name-times.ts";
import { SERVER_CONF, SERVER_PORTS, settleServers, type Way } from "./way.ts";

/** Ways that both have, by our name and by Docker's. */
export const DIRECT_WAYS = [
  { name: "same host, direct", docker: "Docker, same host, direct" },
  { name: "another host, direct", docker: "Docker, another host, direct" },
] as const;
export const ON_HOST_WAY = { name: "outside, port of the host", docker: "Docker, outside, port of the host" } as const;

const IMAGES = ["nginx", "busybox"];
const NETWORK = "backend";
const ON_HOST = { http: 8081, iperf: 5202 } as const;
const RUNNING_MS_MAX = 120_000;

export interface DockerNetwork extends AsyncDisposable {
  readonly ways: readonly Way[];
  /** Words before a command that is to run where the server is. */
  readonly server: readonly string[];
  readonly names: NameSide;
}

interface Container {
  readonly enter: readonly string[];
  readonly address: string;
}

/** null = there is no dockerd here. The lab is up: its images are what Docker runs, too. */
export async function openDockerNetwork(): Promise<DockerNetwork | null> {
  await using opened = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "swarm-bench-network-"));
  opened.defer(() => rmSync(directory, { recursive: true, force: true }));
  const archive = join(directory, "images.tar");
  for (const image of IMAGES) await ctl("host1", ["image", "pull", image]);
  await ctl("host1", ["image", "save", "--output", archive, ...IMAGES]);
  progress("three hosts of Docker's");
  const hosts = await openDockerHosts(archive);
  if (hosts === null) return null;
  opened.use(hosts);
  const [manager = ""] = hosts.sockets;
  const conf = join(directory, "served.conf");
  writeFileSync(conf, SERVER_CONF);
  docker(manager, "network", "create", "--driver", "overlay", NETWORK);
  docker(manager, "config", "create", "served.conf", conf);
  const create = (name: string, host: number, ...words: readonly string[]): void => {
    const where = ["--constraint", `node.id==${nodeOf(hosts, host)}`, "--network", NETWORK];
    docker(
      manager,
      "service",
      "create",
      "--detach",
      "--no-resolve-image",
      "--name",
      name,
      "--endpoint-mode",
      "dnsrr",
      ...where,
      ...words,
    );
  };
  const publish = (published: number, target: number): readonly string[] => [
    ...["--publish", `mode=host,published=${published},target=${target}`],
  ];
  const ports = [...publish(ON_HOST.http, SERVER_PORTS.http), ...publish(ON_HOST.iperf, SERVER_PORTS.iperf)];
  create("served", 0, ...ports, "--config", "source=served.conf,target=/etc/nginx/nginx.conf", "nginx");
  create("near", 0, "busybox", "sleep", "86400");
  create("far", 1, "busybox", "sleep", "86400");
  const server = await containerOf(hosts, 0, "served");
  const [near, far] = [await containerOf(hosts, 0, "near"), await containerOf(hosts, 1, "far")];
  const outside = ["ip", "netns", "exec", hosts.hub];
  const [sameHost, anotherHost] = DIRECT_WAYS;
  const servers = await settleServers(descendantsOf(mustHave(hosts.firstProcesses[0], "first process")));
  const plain = { against: [], beside: null, address: server.address, ports: SERVER_PORTS, servers } as const;
  const closing = opened.move();
  return {
    ways: [
      { ...plain, name: sameHost.docker, from: near.enter },
      { ...plain, name: anotherHost.docker, from: far.enter },
      { ...plain, name: ON_HOST_WAY.docker, from: outside, address: dockerAddressOf(0), ports: ON_HOST },
    ],
    server: server.enter,
    names: { name: hosts.name, socket: manager, network: NETWORK, nodeId: nodeOf(hosts, 0), from: far.enter },
    [Symbol.asyncDispose]: () => closing[Symbol.asyncDispose](),
  };
}

function nodeOf({ sockets }: DockerHosts, host: number): string {
  return docker(mustHave(sockets[host], "socket"), "info", "--format", "{{.Swarm.NodeID}}").trim();
}

/** The one container of a service on a host, once it runs. */
async function containerOf(hosts: DockerHosts, host: number, service: string): Promise<Container> {
  const socket = mustHave(hosts.sockets[host], "socket");
  const first = mustHave(hosts.firstProcesses[host], "first process");
  return await waitFor(`Docker's container of ${service}`, RUNNING_MS_MAX, () => {
    const [id = ""] = docker(socket, "ps", "--quiet", "--filter", `name=${service}.`).split("\n");
    if (id === "") return null;
    const format = `{{.State.Pid}} {{(index .NetworkSettings.Networks "${NETWORK}").IPAddress}}`;
    const [pid = "", address = ""] = docker(socket, "inspect", "--format", format, id).trim().split(" ");
    const here = descendantsOf(first).find((each) => numberAtHost(each) === pid);
    if (here === undefined || address === "") return null;
    return { enter: ["nsenter", "--target", String(here), "--net"], address };
  });
}

/** What the process is called in its host's own process namespace; "" = it has gone. */
function numberAtHost(pid: number): string {
  try {
    return /^NSpid:\t\d+\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}
