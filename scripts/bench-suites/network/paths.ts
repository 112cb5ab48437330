/**
 * What a way to a container costs: requests and bytes directly to it, through its service's virtual address, and
 * through the mesh, round by round one after the other, because the machine is not equally busy all the time. A
 * promise is about the ratio to the direct way of the same round. Server and clients are programs of the host in
 * containers' networks. Where Docker has the same way, its own is measured in the same rounds.
 */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { mustHave } from "../../../shared/invariant.ts";
import { weighLab } from "../../lab-parts/cgroups.ts";
import { runOn } from "../../lab-parts/machines.ts";
import { addressOf, CLIENT } from "../../lab-parts/names.ts";
import { ctl } from "../../lab-parts/swarm.ts";
import { type Figure, figure } from "../figure.ts";
import { DIRECT_WAYS, ON_HOST_WAY, openDockerNetwork } from "./docker-network.ts";
import { nameTimes, ourNames } from "./name-times.ts";
import { entering, inside, mustHavePrograms, type TaskPlace, taskOf, virtualAddressOf } from "./place.ts";
import { measureWay, type Sample, SERVER_CONF, SERVER_PORTS, type Way } from "./way.ts";

const ROUNDS = 12;
const ROUNDS_QUICK = 4;
const PUBLISHED = 8080;
/** Of the lab that want to run while a way is measured: client and server. */
const LAB_PROGRAMS = 2;
/** In host mode. */
const ON_HOST = { http: 8081, iperf: 5202 } as const;
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

/** The lab of three is up. Leaves its services there; the lab goes anyway. */
export async function measureWays(quick: boolean): Promise<readonly Figure[]> {
  await mustHavePrograms(["wrk", "iperf3"]);
  await using opened = new AsyncDisposableStack();
  const { ways: own, server, far } = await build();
  const docker = await openDockerNetwork();
  if (docker === null) console.error("note: without dockerd and docker in PATH nothing is compared with them");
  else {
    opened.use(docker);
    // Docker's hosts are no group: on a machine that is busy otherwise each of their programs has a share of its own.
    weighLab(LAB_PROGRAMS);
  }
  const ways = docker === null ? own : [...own, ...docker.ways];
  for (const from of [entering(server), ...(docker === null ? [] : [docker.server])]) {
    const [program = "", ...words] = [...from, "iperf3", "--server"];
    const iperf = spawn(program, words, { stdio: "ignore" });
    opened.defer(async () => {
      iperf.kill();
      await sleep(0);
    });
  }
  const samples = new Map(ways.map(({ name }) => [name, [] as Sample[]]));
  for (const way of ways) await measureWay(way);
  for (let round = 0; round < (quick ? ROUNDS_QUICK : ROUNDS); round++) {
    console.error(`bench: ways to a container, round ${round + 1} ...`);
    // Each begins a round once: what comes after what does not matter then.
    const order = ways.map((_, at) => mustHave(ways[(at + round) % ways.length], "way"));
    for (const way of order) samples.get(way.name)?.push(await measureWay(way));
  }
  const sides = [ourNames(far), ...(docker === null ? [] : [docker.names])];
  return [...ways.flatMap((way) => figuresOf(way, samples)), ...(await nameTimes(sides, quick))];
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
  return [...plain, ...losses, ...besideDocker(way, samples)];
}

/** The same round's figures of both, one over the other. */
function besideDocker({ name, beside }: Way, samples: ReadonlyMap<string, readonly Sample[]>): readonly Figure[] {
  const other = beside === null ? undefined : samples.get(beside);
  if (other === undefined) return [];
  const times = (what: string, of: (sample: Sample) => number): Figure => {
    const ratios = (samples.get(name) ?? []).map((sample, round) => of(sample) / of(mustHave(other[round], "sample")));
    return figure(`${name}: ${what}, of Docker's`, "times", Number.POSITIVE_INFINITY, ratios);
  };
  return [
    times("requests", ({ requests }) => requests),
    times("p99", ({ p99Ms }) => p99Ms),
    times("throughput", ({ bytes }) => bytes),
  ];
}

async function build(): Promise<{
  readonly ways: readonly Way[];
  readonly server: TaskPlace;
  readonly far: TaskPlace;
}> {
  await ctl("host1", ["network", "create", "backend"]);
  await runOn("host1", ["sh", "-c", "cat > /run/served.conf"], SERVER_CONF);
  await ctl("host1", ["config", "create", "served.conf", "/run/served.conf"]);
  const on = (host: string): readonly string[] => ["--constraint", `node.hostname==${host}`, "--network", "backend"];
  const { http, iperf } = SERVER_PORTS;
  const ports = [
    ...["-p", `${PUBLISHED}:${http}`, "-p", `${iperf}:${iperf}`],
    ...["-p", `mode=host,published=${ON_HOST.http},target=${http}`],
    ...["-p", `mode=host,published=${ON_HOST.iperf},target=${iperf}`],
  ];
  const config = ["--config", "source=served.conf,target=/etc/nginx/nginx.conf"];
  await ctl("host1", ["service", "create", "-d", "--name", "served", ...on("host1"), ...ports, ...config, "nginx"]);
  for (const [name, host] of [
    ["near", "host1"],
    ["far", "host2"],
  ] as const)
    await ctl("host1", ["service", "create", "-d", "--name", name, ...on(host), "busybox", "sleep", "86400"]);
  const server = await taskOf("served");
  await layWire(server);
  const far = await taskOf("far");
  return { ways: waysTo(server, await taskOf("near"), far, await virtualAddressOf("served")), server, far };
}

function waysTo(server: TaskPlace, near: TaskPlace, far: TaskPlace, virtual: string): readonly Way[] {
  const outside = entering({ machine: CLIENT, netns: null });
  const direct = { ports: SERVER_PORTS, against: [], beside: null } as const;
  const mesh = { ...direct, ports: { http: PUBLISHED, iperf: SERVER_PORTS.iperf } };
  const less = (name: string, loss: number): Pick<Way, "against"> => ({ against: [{ name, loss }] });
  const at = (name: string, from: readonly string[], address: string): Pick<Way, "name" | "from" | "address"> => ({
    ...{ name, from, address },
  });
  const [sameHost, anotherHost] = DIRECT_WAYS;
  const lossOfTwo = [
    { name: "outside, direct", loss: LOSS.remote },
    { name: DETOUR_NAME, loss: Number.POSITIVE_INFINITY },
  ];
  return [
    { ...at(sameHost.name, entering(near), server.address), ...direct, beside: sameHost.docker },
    { ...at("same host, VIP", entering(near), virtual), ...direct, ...less(sameHost.name, LOSS.virtual) },
    { ...at(anotherHost.name, entering(far), server.address), ...direct, beside: anotherHost.docker },
    { ...at("another host, VIP", entering(far), virtual), ...direct, ...less(anotherHost.name, LOSS.virtual) },
    { ...at("outside, direct", outside, WIRE.server), ...direct },
    { ...at(DETOUR_NAME, outside, DETOUR.server), ...direct },
    { ...at(ON_HOST_WAY.name, outside, addressOf("host1")), ...direct, ports: ON_HOST, beside: ON_HOST_WAY.docker },
    { ...at("outside, mesh, local", outside, addressOf("host1")), ...mesh, ...less("outside, direct", LOSS.local) },
    { ...at("outside, mesh, remote", outside, addressOf("host2")), ...mesh, against: lossOfTwo },
  ];
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
