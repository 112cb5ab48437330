/**
 * What a way to a container costs: requests and bytes directly to it, through its service's virtual address, and
 * through the mesh, round by round one after the other, because the machine is not equally busy all the time. A
 * promise is about the ratio to the direct way of the same round. Server and clients are programs of the host in
 * containers' networks.
 */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { mustHave } from "../../../shared/invariant.ts";
import { ENTER, runOn } from "../../lab-parts/machines.ts";
import { addressOf, CLIENT, RUN } from "../../lab-parts/names.ts";
import { ctl } from "../../lab-parts/swarm.ts";
import { type Figure, figure } from "../figure.ts";
import { inside, mustHavePrograms, type Place, type TaskPlace, taskOf, virtualAddressOf } from "./place.ts";

const ROUNDS = 12;
const ROUNDS_QUICK = 4;
const SECONDS = 2;
const CONNECTIONS = 16;
const PORT = { http: 80, published: 8080, iperf: 5201 };
/** A wire of its own between host1 and the server's namespace: the way there without anything of ours. */
const WIRE = { host: "10.99.0.1", server: "10.99.0.2", bits: 30, routes: "99" };
/**
 * The server's address on a detour by host2, by an overlay of the kernel's own: what two more hosts on the way cost
 * where all of them share this machine's processors.
 */
const DETOUR = { server: "10.99.0.6", host1: "10.99.1.1", host2: "10.99.1.2", bits: 30, routes: "98", port: 4_790 };
const DETOUR_NAME = "outside, detour";
/** So much of the direct way's requests or bytes a way may cost, in percent. */
const LOSS = { virtual: 5, local: 10, remote: 15 };

/** Answers at once out of memory, and writes no log: the server is to be the smallest part of what is measured. */
const SERVER_CONF = `worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 512; }
http {
  access_log off;
  keepalive_requests 100000000;
  server { listen ${PORT.http}; return 200 "served\\n"; }
}
`;

interface Way {
  readonly name: string;
  readonly from: Place;
  readonly address: string;
  /** Through the mesh its ports are the published ones. */
  readonly isMesh: boolean;
  /** Names of the ways it is compared with, and what it may lose. */
  readonly against: readonly { readonly name: string; readonly loss: number }[];
}

interface Sample {
  readonly requests: number;
  readonly p99Ms: number;
  readonly bytes: number;
}

/** The lab of three is up. Leaves its services there; the lab goes anyway. */
export async function measureWays(quick: boolean): Promise<readonly Figure[]> {
  await mustHavePrograms(["wrk", "iperf3"]);
  const { ways, server } = await build();
  const iperf = spawn(ENTER, [RUN, server.machine, ...inside(server, ["iperf3", "--server"])], { stdio: "ignore" });
  try {
    const samples = new Map(ways.map(({ name }) => [name, [] as Sample[]]));
    for (const way of ways) await measure(way);
    for (let round = 0; round < (quick ? ROUNDS_QUICK : ROUNDS); round++) {
      console.error(`bench: ways to a container, round ${round + 1} ...`);
      // Each begins a round once: what comes after what does not matter then.
      const order = ways.map((_, at) => mustHave(ways[(at + round) % ways.length], "way"));
      for (const way of order) samples.get(way.name)?.push(await measure(way));
    }
    return ways.flatMap((way) => figuresOf(way, samples));
  } finally {
    iperf.kill();
    await sleep(0);
  }
}

function figuresOf(way: Way, samples: ReadonlyMap<string, readonly Sample[]>): readonly Figure[] {
  const own = samples.get(way.name) ?? [];
  const plain = [
    figure(
      `${way.name}: requests`,
      "requests/s",
      Number.POSITIVE_INFINITY,
      own.map(({ requests }) => requests),
    ),
    figure(
      `${way.name}: p99`,
      "ms",
      Number.POSITIVE_INFINITY,
      own.map(({ p99Ms }) => p99Ms),
    ),
    figure(
      `${way.name}: throughput`,
      "B/s",
      Number.POSITIVE_INFINITY,
      own.map(({ bytes }) => bytes),
    ),
  ];
  const lost = (name: string, loss: number, what: string, of: (sample: Sample) => number): Figure => {
    const direct = samples.get(name) ?? [];
    const percents = own.map(
      (sample, round) => 100 - (100 * of(sample)) / of(mustHave(direct[round], "direct sample")),
    );
    return figure(`${way.name}: ${what} lost to "${name}", median`, "%", loss, [
      figure("", "%", loss, percents).median,
    ]);
  };
  const losses = way.against.flatMap(({ name, loss }) => [
    lost(name, loss, "requests", ({ requests }) => requests),
    // The detour's large packets are cut to pieces on its way: that says nothing of the mesh.
    ...(name === DETOUR_NAME ? [] : [lost(name, loss, "throughput", ({ bytes }) => bytes)]),
  ]);
  return [...plain, ...losses];
}

async function build(): Promise<{ readonly ways: readonly Way[]; readonly server: TaskPlace }> {
  await ctl("host1", ["network", "create", "backend"]);
  await runOn("host1", ["sh", "-c", "cat > /run/served.conf"], SERVER_CONF);
  await ctl("host1", ["config", "create", "served.conf", "/run/served.conf"]);
  const on = (host: string): readonly string[] => ["--constraint", `node.hostname==${host}`, "--network", "backend"];
  const ports = ["-p", `${PORT.published}:${PORT.http}`, "-p", `${PORT.iperf}:${PORT.iperf}`];
  const config = ["--config", "source=served.conf,target=/etc/nginx/nginx.conf"];
  await ctl("host1", ["service", "create", "-d", "--name", "served", ...on("host1"), ...ports, ...config, "nginx"]);
  for (const [name, host] of [
    ["near", "host1"],
    ["far", "host2"],
  ] as const)
    await ctl("host1", ["service", "create", "-d", "--name", name, ...on(host), "busybox", "sleep", "86400"]);
  const server = await taskOf("served");
  const virtual = await virtualAddressOf("served");
  await layWire(server);
  const outside = { machine: CLIENT, netns: null };
  const way = (name: string, from: Place, address: string, against: Way["against"] = [], isMesh = false): Way => ({
    ...{ name, from, address, against, isMesh },
  });
  const near = await taskOf("near");
  const far = await taskOf("far");
  const ways = [
    way("same host, direct", near, server.address),
    way("same host, VIP", near, virtual, [{ name: "same host, direct", loss: LOSS.virtual }]),
    way("another host, direct", far, server.address),
    way("another host, VIP", far, virtual, [{ name: "another host, direct", loss: LOSS.virtual }]),
    way("outside, direct", outside, WIRE.server),
    way(DETOUR_NAME, outside, DETOUR.server),
    way("outside, mesh, local", outside, addressOf("host1"), [{ name: "outside, direct", loss: LOSS.local }], true),
    way(
      "outside, mesh, remote",
      outside,
      addressOf("host2"),
      [
        { name: "outside, direct", loss: LOSS.remote },
        { name: DETOUR_NAME, loss: Number.POSITIVE_INFINITY },
      ],
      true,
    ),
  ];
  return { ways, server };
}

/** Without it nothing from outside reaches a container but through the mesh. */
async function layWire(server: TaskPlace): Promise<void> {
  const address = (ip: string): string => `${ip}/${WIRE.bits}`;
  const onHost = [
    "ip link add direct0 type veth peer name direct1",
    `ip address add ${address(WIRE.host)} dev direct0`,
    "ip link set direct0 up",
    `nsenter --net=${server.netns} sleep 5 & sleep 1; ip link set direct1 netns $!`,
  ];
  const inTask = [
    `ip address add ${address(WIRE.server)} dev direct1`,
    "ip link set direct1 up",
    `ip rule add from ${WIRE.server} lookup ${WIRE.routes}`,
    `ip route add default via ${WIRE.host} table ${WIRE.routes}`,
  ];
  await runOn(server.machine, ["sh", "-ec", onHost.join("\n")]);
  await runOn(server.machine, inside(server, ["sh", "-ec", inTask.join("\n")]));
  await runOn(CLIENT, ["ip", "route", "add", `${WIRE.server}/32`, "via", addressOf(server.machine)]);
  await layDetour(server);
}

async function layDetour(server: TaskPlace): Promise<void> {
  const { bits, port, routes } = DETOUR;
  const overlay = (host: string, other: string, address: string): readonly string[] => [
    `ip link add detour type vxlan id 99 local ${addressOf(host)} remote ${addressOf(other)} dstport ${port}`,
    `ip address add ${address}/${bits} dev detour`,
    "ip link set detour up",
  ];
  const onHost1 = [
    ...overlay("host1", "host2", DETOUR.host1),
    `ip route add ${DETOUR.server} dev direct0`,
    `ip rule add from ${DETOUR.server} lookup ${routes}`,
    `ip route add default via ${DETOUR.host2} table ${routes}`,
  ];
  const onHost2 = [...overlay("host2", "host1", DETOUR.host2), `ip route add ${DETOUR.server} via ${DETOUR.host1}`];
  const inTask = [
    `ip address add ${DETOUR.server}/32 dev direct1`,
    `ip rule add from ${DETOUR.server} lookup ${WIRE.routes}`,
  ];
  await runOn("host1", ["sh", "-ec", onHost1.join("\n")]);
  await runOn("host2", ["sh", "-ec", onHost2.join("\n")]);
  await runOn("host1", inside(server, ["sh", "-ec", inTask.join("\n")]));
  await runOn(CLIENT, ["ip", "route", "add", `${DETOUR.server}/32`, "via", addressOf("host2")]);
}

async function measure({ from, address, isMesh }: Way): Promise<Sample> {
  const url = `http://${address}:${isMesh ? PORT.published : PORT.http}/`;
  const wrk = ["wrk", "--threads=1", `--connections=${CONNECTIONS}`, `--duration=${SECONDS}s`, "--latency", url];
  const said = await runOn(from.machine, inside(from, wrk));
  if (/Socket errors|Non-2xx/.test(said)) throw new Error(`wrk to ${url}: ${said}`);
  const [, p99 = "", unit = ""] = /^\s+99%\s+([\d.]+)(us|ms|s)$/m.exec(said) ?? [];
  const iperf = ["iperf3", "--client", address, `--port=${PORT.iperf}`, `--time=${SECONDS}`, "--json"];
  const json = JSON.parse(await runOn(from.machine, inside(from, iperf))) as {
    readonly end: { readonly sum_received: { readonly bits_per_second: number } };
  };
  return {
    requests: Number(/^Requests\/sec:\s+([\d.]+)$/m.exec(said)?.[1]),
    p99Ms: Number(p99) * { us: 0.001, ms: 1, s: 1_000 }[unit as "us" | "ms" | "s"],
    bytes: json.end.sum_received.bits_per_second / 8,
  };
}
