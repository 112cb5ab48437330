/**
 * What a way to a container costs: requests over kept connections and bytes, directly to it, through its service's
 * virtual address, and through the mesh. A promise is about the ratio to the direct way of the same round. Server and
 * clients are programs of the host in containers' networks, on a processor each. Where Docker has the same way, its own
 * is measured in the same rounds.
 */
import { spawn } from "node:child_process";
import { availableParallelism, loadavg } from "node:os";
import { mustHave } from "../../../shared/invariant.ts";
import { processesOf, weighLab } from "../../lab-parts/cgroups.ts";
import { runOn } from "../../lab-parts/machines.ts";
import { addressOf, CLIENT } from "../../lab-parts/names.ts";
import { ctl } from "../../lab-parts/swarm.ts";
import { type Figure, figure } from "../figure.ts";
import { progress } from "../lab-control.ts";
import { DIRECT_WAYS, ON_HOST_WAY, openDockerNetwork } from "./docker-network.ts";
import { nameTimes, ourNames } from "./name-times.ts";
import { entering, inside, mustHavePrograms, type TaskPlace, taskOf, virtualAddressOf } from "./place.ts";
import { IPERF_SERVER, SERVER_CONF, SERVER_PORTS, settleServers, type Way } from "./way.ts";
import { type Extent, measureRounds, type Samples } from "./way-rounds.ts";

/** A round of twelve ways takes 14 s, with bytes 28. All of it, beside Docker and with names, ends in 5 minutes. */
const FULL: Extent = { rounds: 9, bytesEvery: 2, endMs: 250_000 };
/** And so in 90 s, half of which goes before the first round. */
const QUICK: Extent = { rounds: 3, bytesEvery: 3, endMs: 72_000 };
const NO_PROMISE = Number.POSITIVE_INFINITY;
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
  progress("services of ours");
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
    const [program = "", ...words] = [...from, ...IPERF_SERVER];
    const iperf = spawn(program, words, { stdio: "ignore" });
    opened.defer(() => void iperf.kill());
  }
  const [load = 0] = loadavg();
  progress(`the load is ${load.toFixed(1)} on ${availableParallelism()} processors, with what was just started`);
  const samples = await measureRounds(ways, quick ? QUICK : FULL);
  const sides = [ourNames(far), ...(docker === null ? [] : [docker.names])];
  return [...ways.flatMap((way) => figuresOf(way, samples)), ...(await nameTimes(sides, quick))];
}

function figuresOf(way: Way, samples: ReadonlyMap<string, Samples>): readonly Figure[] {
  const own = mustHave(samples.get(way.name), "samples");
  const plain = MEASURES.map(({ what, unit, better, of }) =>
    figure(`${way.name}: ${what}`, unit, NO_PROMISE, of(own), better),
  );
  const losses = way.against.flatMap(({ name, loss }) =>
    // The detour's large packets are cut to pieces on its way: that says nothing of the mesh.
    MEASURES.filter(({ word }) => word !== "throughput" || name !== DETOUR_NAME).flatMap(({ word, isPromised, of }) => {
      if (word === null) return [];
      const ratios = ratiosOf(own, mustHave(samples.get(name), "samples"), of);
      const percents = ratios.map((ratio) => (word === "processor time" ? 100 * ratio - 100 : 100 - 100 * ratio));
      const { median } = figure("", "%", NO_PROMISE, percents);
      const what = word === "processor time" ? `${word} more than` : `${word} lost to`;
      return [figure(`${way.name}: ${what} "${name}", median`, "%", isPromised ? loss : NO_PROMISE, [median])];
    }),
  );
  return [...plain, ...losses, ...besideDocker(way, samples)];
}

/** The same round's figures of both, one over the other. */
function besideDocker({ name, beside }: Way, samples: ReadonlyMap<string, Samples>): readonly Figure[] {
  const other = beside === null ? undefined : samples.get(beside);
  if (other === undefined) return [];
  const own = mustHave(samples.get(name), "samples");
  return MEASURES.map(({ what, better, of }) =>
    figure(`${name}: ${what}, of Docker's`, "times", NO_PROMISE, ratiosOf(own, other, of), better),
  );
}

function ratiosOf(own: Samples, other: Samples, of: (samples: Samples) => readonly number[]): readonly number[] {
  const others = of(other);
  return of(own).map((value, round) => value / mustHave(others[round], "sample of the same round"));
}

interface Measure {
  readonly what: string;
  readonly unit: Figure["unit"];
  readonly better: "less" | "more";
  /** As what a way is said to lose by; null = it is not compared with other ways. */
  readonly word: "requests" | "throughput" | "processor time" | null;
  readonly isPromised: boolean;
  readonly of: (samples: Samples) => readonly number[];
}

const MEASURES: readonly Measure[] = [
  {
    ...{ what: "requests", unit: "requests/s", better: "more", word: "requests", isPromised: true },
    of: ({ requests }) => requests.map((one) => one.requests),
  },
  {
    ...{ what: "p99", unit: "ms", better: "less", word: null, isPromised: false },
    of: ({ requests }) => requests.map(({ p99Ms }) => p99Ms),
  },
  {
    ...{ what: "processor time a request", unit: "µs", better: "less", word: "processor time", isPromised: false },
    of: ({ requests }) => requests.map(({ spentUs }) => spentUs),
  },
  {
    ...{ what: "throughput", unit: "B/s", better: "more", word: "throughput", isPromised: true },
    of: ({ bytes }) => bytes,
  },
];

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
  const [near, far] = [await taskOf("near"), await taskOf("far")];
  const servers = await settleServers(processesOf(server.machine));
  return { ways: waysTo({ server, near, far }, await virtualAddressOf("served"), servers), server, far };
}

function waysTo(
  { server, near, far }: Readonly<Record<"server" | "near" | "far", TaskPlace>>,
  virtual: string,
  servers: readonly number[],
): readonly Way[] {
  const outside = entering({ machine: CLIENT, netns: null });
  const direct = { ports: SERVER_PORTS, servers, against: [], beside: null } as const;
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
    `ip link set direct1 netns ${server.netns}`,
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
