/** Runs in an empty network namespace; prints samples. Argument: how many endpoints the ingress network has. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { silentLogger } from "../../../shared/log.ts";
import { systemClock } from "../../../shared/ports/system-clock.ts";
import type { NetworkTable } from "../../../shared/rpc/gen/dispatcher.ts";
import { hostOf, ingressTable, networkTask, nodeIdOf, port, taskIdOf } from "../../../test/support/network-objects.ts";
import { KernelNetwork } from "../../../worker/network/kernel-network.ts";
import { runNetworkRepair } from "../../../worker/network/repair-loop.ts";
import { SystemNetworkFiles } from "../../../worker/ports/system-network-files.ts";
import { systemNetworkNamespaces } from "../../../worker/ports/system-network-kernel.ts";
import { changeLines, orderedTable } from "../../../worker/ports/table-lines.ts";
import type { NetworkKernelSamples } from "./samples.ts";

const TASKS = 40;
const CHANGES = 40;
const LOOKS = 10;
const SERVICES = 100;
/** Between two samples: what the kernel does afterwards is not the next one's cost. */
const PAUSE_MS = 50;
const REST_MS = 10_000;

const endpoints = Number(process.argv[2]);
const hosts = [1, 2, 3].map(hostOf);
const directory = mkdtempSync(join(tmpdir(), "swarm-bench-"));
const files = new SystemNetworkFiles(directory);
const dependencies = { namespaces: systemNetworkNamespaces(), files, clock: systemClock, log: silentLogger };

for (const argv of [
  "link set lo up",
  "link add eth0 type bridge",
  "address add 10.98.0.1/24 dev eth0",
  "link set eth0 up",
])
  execFileSync("ip", argv.split(" "));
const network = new KernelNetwork({ nodeId: nodeIdOf(1) }, dependencies);
try {
  process.stdout.write(`${JSON.stringify(await measure())}\n`);
  await network.teardown();
  network.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measure(): Promise<NetworkKernelSamples> {
  const name = (number: number): string => `plain${String(number).padStart(3, "0")}`;
  await network.apply([ingressTable(hosts)]);
  // The first task is what opens libraries and warms the engine up.
  await network.attach(networkTask("first"));
  const attach = await timed(TASKS, (number) => network.attach(networkTask(name(number))));
  const rest = [await processorTimeAtRest()];
  const detach = await timed(TASKS, (number) => network.detach(taskIdOf(name(number))));
  const whole = fullTable(endpoints);
  await network.apply([whole]);
  const change = await timed(CHANGES, (number) => {
    const endpoint = whole.endpoints[number - (number % 2)];
    return network.apply([number % 2 === 0 && endpoint !== undefined ? without(whole, endpoint) : { ...whole }]);
  });
  const look = await timed(LOOKS, () => network.repair("known"));
  const fullLook = await timed(LOOKS, () => network.repair("everything"));
  return { attach, detach, change, look, fullLook, rest };
}

async function timed(times: number, work: (number: number) => Promise<unknown>): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let number = 0; number < times; number++) {
    const started = performance.now();
    await work(number);
    samples.push(performance.now() - started);
    await pause(PAUSE_MS);
  }
  return samples;
}

async function processorTimeAtRest(): Promise<number> {
  const stop = new AbortController();
  const repairing = runNetworkRepair(network, dependencies, stop.signal);
  const before = process.cpuUsage();
  await pause(REST_MS);
  const { user, system } = process.cpuUsage(before);
  stop.abort();
  await repairing;
  return (user + system) / 1_000;
}

/** So many endpoints on two other hosts, of as many services as are published. */
function fullTable(count: number): NetworkTable {
  const numbers = Array.from({ length: count }, (_, at) => at);
  const tasks = numbers.map((at) => ({
    id: taskIdOf(`w${at}`),
    host: hostOf(2 + (at % 2)),
    address: `10.0.${1 + (at >> 8)}.${at & 0xff}/16`,
  }));
  const table = ingressTable(hosts, { tasks });
  const serviceId = (at: number): string => `service${at % SERVICES}`;
  const [service] = table.services;
  return orderedTable({
    ...table,
    endpoints: table.endpoints.map((endpoint, at) => ({ ...endpoint, serviceId: serviceId(at) })),
    services: Array.from({ length: SERVICES }, (_, at) => ({
      ...(service as NonNullable<typeof service>),
      ...{ serviceId: serviceId(at), ports: [port("TCP", 1_000 + at, 8080)] },
    })),
  });
}

/** The table without an endpoint, as a message about that one endpoint makes it. */
function without(table: NetworkTable, { taskId }: NetworkTable["endpoints"][number]): NetworkTable {
  return { ...table, endpoints: changeLines("endpoints", table.endpoints, [], [taskId]) };
}
