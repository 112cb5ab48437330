/**
 * Nobody is cut off: clients keep asking over kept connections, from outside through the mesh and from a container by
 * the service's name, while the service is updated, made smaller, and moved off hosts that are drained.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ENTER } from "../../lab-parts/machines.ts";
import { addressOf, CLIENT, hostName, RUN } from "../../lab-parts/names.ts";
import { waitFor } from "../../lab-parts/run.ts";
import { ctl, parseLines } from "../../lab-parts/swarm.ts";
import { type Figure, figure } from "../figure.ts";
import { inside, type Place, taskOf, virtualAddressOf } from "./place.ts";

/** How often each thing is done. */
const FEW = { updates: 4, scaleIns: 4, drains: 2 };
const FULL = { updates: 30, scaleIns: 20, drains: 5 };
/** Of each of two clients: 1,000 a second together. */
const RATE = 500;
const CONNECTIONS = 20;
const REPLICAS = 3;
const MORE_REPLICAS = 6;
const HOSTS = [1, 2, 3].map(hostName);
const PORT = 8090;
const SETTLED_MS_MAX = 180_000;
/** A server listens a moment after its process runs; only a check of its health tells when. */
const HEALTH = ["--health-cmd", "wget -q -O /dev/null http://127.0.0.1/", "--health-interval", "1s"];

interface Count {
  readonly sent: number;
  readonly failed: number;
  readonly again: number;
  readonly slowestMs: number;
}

interface Row {
  readonly ID: string;
  readonly Name: string;
  readonly Node: string;
  readonly DesiredState: string;
  readonly CurrentState: string;
}

/** The lab of three is up. Leaves its services there. */
export async function measureUnbroken(full: boolean): Promise<readonly Figure[]> {
  const { updates, scaleIns, drains } = full ? FULL : FEW;
  await ctl("host1", ["network", "create", "shop"]);
  const service = ["--name", "shop", "--replicas", `${REPLICAS}`, "--network", "shop", "-p", `${PORT}:80`, ...HEALTH];
  await ctl("host1", ["service", "create", "-d", ...service, "nginx"]);
  const client = ["--name", "customer", "--network", "shop", "--constraint", "node.hostname==host1"];
  await ctl("host1", ["service", "create", "-d", ...client, "busybox", "sleep", "86400"]);
  await settled(() => true, REPLICAS);
  const clients = [
    {
      name: "outside, mesh",
      place: { machine: CLIENT, netns: null },
      urls: HOSTS.map((host) => urlOf(addressOf(host), PORT)),
    },
    { name: "container, VIP", place: await taskOf("customer"), urls: [urlOf(await virtualAddressOf("shop"), 80)] },
  ];
  const kinds = [
    { name: "rolling updates", times: updates, act: update },
    { name: "scale-ins", times: scaleIns, act: scaleIn },
    { name: "drains", times: drains, act: drain },
  ];
  const figures: Figure[] = [];
  for (const { name, times, act } of kinds) {
    const running = clients.map((each) => new SteadyClient(each.name, each.place, each.urls));
    for (let time = 0; time < times; time++) {
      const startedMs = performance.now();
      await act(time);
      console.error(
        `bench: ${name} ${time + 1} of ${times}: ${Math.round(performance.now() - startedMs)} ms, ended ${new Date().toISOString()}`,
      );
    }
    for (const steady of running) {
      const { sent, failed, again, slowestMs } = await steady.end();
      console.error(`bench: ${steady.name}: ${sent} requests, ${failed} failed, slowest ${Math.round(slowestMs)} ms`);
      const what = `${times} ${name}, ${steady.name}`;
      figures.push(
        figure(`${what}: failed`, "requests", 0, [failed]),
        figure(`${what}: met the end of a kept connection`, "requests", Number.POSITIVE_INFINITY, [again]),
        figure(`${what}: sent`, "requests", Number.POSITIVE_INFINITY, [sent]),
      );
    }
  }
  return figures;
}

async function update(time: number): Promise<void> {
  const before = new Set((await rows()).map(({ ID }) => ID));
  const order = time % 2 === 0 ? "stop-first" : "start-first";
  await ctl("host1", ["service", "update", "-d", "--update-order", order, "--env-add", `RUN=${time}`, "shop"]);
  await settled(({ ID }) => !before.has(ID), REPLICAS);
}

async function scaleIn(): Promise<void> {
  for (const replicas of [MORE_REPLICAS, REPLICAS]) {
    await ctl("host1", ["service", "scale", "-d", `shop=${replicas}`]);
    await settled(() => true, replicas);
  }
}

async function drain(time: number): Promise<void> {
  // Not host1: the client in its container stays.
  const host = HOSTS[1 + (time % 2)] ?? "";
  await ctl("host1", ["node", "update", "--availability", "drain", host]);
  await settled(({ Node }) => Node !== host, REPLICAS);
  await ctl("host1", ["node", "update", "--availability", "active", host]);
  // So that the next host has something to lose.
  await scaleIn();
}

/** Waits until exactly so many tasks run that satisfy `which`, and everything else has ended. */
async function settled(which: (row: Row) => boolean, count: number): Promise<void> {
  await waitFor(`${count} tasks alone`, SETTLED_MS_MAX, async () => {
    const alive = (await rows()).filter(
      ({ CurrentState }) => !/^(Shutdown|Failed|Complete|Rejected|Orphaned)/.test(CurrentState),
    );
    const good = alive.filter(
      (row) => row.DesiredState === "Running" && row.CurrentState.startsWith("Running") && which(row),
    );
    return alive.length === count && good.length === count ? true : null;
  });
}

async function rows(): Promise<readonly Row[]> {
  return parseLines(await ctl("host1", ["service", "ps", "--no-trunc", "--format", "json", "shop"])) as readonly Row[];
}

const urlOf = (address: string, port: number): string => `http://${address}:${port}/`;

/** steady-client.ts, running; its failures are passed on as they come. */
class SteadyClient {
  readonly name: string;
  readonly #end: () => Promise<Count>;

  constructor(name: string, place: Place, urls: readonly string[]) {
    this.name = name;
    const program = join(import.meta.dirname, "steady-client.ts");
    const command = [process.execPath, program, `${RATE}`, `${CONNECTIONS}`, ...urls];
    const child = spawn(ENTER, [RUN, place.machine, ...inside(place, command)], { stdio: ["pipe", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    this.#end = async () => {
      child.stdin.end();
      await ended;
      const lines = said.trim().split("\n");
      const count = lines.pop() ?? "";
      for (const line of lines) console.error(`failed: ${name}: ${line}`);
      return JSON.parse(count) as Count;
    };
  }

  end(): Promise<Count> {
    return this.#end();
  }
}
