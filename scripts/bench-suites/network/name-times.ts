/**
 * How long a container on another host waits for a name: from the create of a service until its name is answered
 * with an address, and from the word that it is to have a task less until that one's address is gone. Both sides are
 * asked by Docker's API and watched by the same program.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { mustHave } from "../../../shared/invariant.ts";
import { pathsOf } from "../../lab-parts/names.ts";
import { waitFor } from "../../lab-parts/run.ts";
import { ApiClient } from "../api/api-client.ts";
import { type Figure, figure } from "../figure.ts";
import { progress } from "../lab-control.ts";
import { entering, type TaskPlace } from "./place.ts";

const ROUNDS = 10;
const ROUNDS_QUICK = 2;
const WAIT_MS_MAX = 60_000;
/** A name that is not there yet is asked of other servers, which need not answer hundreds of times a second. */
const PERIOD_MS = 5;

/** A swarm that can be asked for services, and a container that asks for their names. */
export interface NameSide {
  readonly name: string;
  /** Docker's API of a manager. */
  readonly socket: string;
  readonly network: string;
  /** Where tasks run; "" = on the lab's first host. */
  readonly nodeId: string;
  /** Words before a command that is to run in a container on another host. */
  readonly from: readonly string[];
}

export function ourNames(far: TaskPlace): NameSide {
  const socket = join(pathsOf("host1").run, "docker.sock");
  return { name: "ours", socket, network: "backend", nodeId: "", from: entering(far) };
}

interface Times {
  readonly namedMs: number;
  readonly goneMs: number;
}

/** In turn, so that what else the machine does meets all of them. */
export async function nameTimes(sides: readonly NameSide[], quick: boolean): Promise<readonly Figure[]> {
  const all = new Map(sides.map(({ name }) => [name, [] as Times[]]));
  const rounds = quick ? ROUNDS_QUICK : ROUNDS;
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      progress(`names of ${side.name}, round ${round + 1} of ${rounds}`);
      all.get(side.name)?.push(await timesOf(side, `probe${round}`));
    }
  }
  const any = Number.POSITIVE_INFINITY;
  return [...all].flatMap(([name, times]) => [
    figure(
      `${name}: service created to its name on another host`,
      "ms",
      any,
      times.map(({ namedMs }) => namedMs),
    ),
    figure(
      `${name}: task less to its address gone on another host`,
      "ms",
      any,
      times.map(({ goneMs }) => goneMs),
    ),
  ]);
}

async function timesOf({ socket, network, nodeId, from }: NameSide, service: string): Promise<Times> {
  using client = new ApiClient(socket, 1);
  using watched = watch(from, `tasks.${service}`);
  const place = nodeId === "" ? "node.hostname==host1" : `node.id==${nodeId}`;
  const spec = {
    Name: service,
    TaskTemplate: {
      ContainerSpec: { Image: "busybox", Args: ["sleep", "86400"], StopSignal: "SIGKILL" },
      Placement: { Constraints: [place] },
      Networks: [{ Target: network }],
    },
    EndpointSpec: { Mode: "dnsrr" },
  };
  const replicas = (count: number): unknown => ({ ...spec, Mode: { Replicated: { Replicas: count } } });
  const scale = async (count: number): Promise<number> => {
    const { ID, Version } = (await client.ask("GET", `/services/${service}`)) as {
      readonly ID: string;
      readonly Version: { readonly Index: number };
    };
    const sinceMs = nowMs();
    await client.ask("POST", `/services/${ID}/update?version=${Version.Index}`, replicas(count));
    return sinceMs;
  };
  const createdMs = nowMs();
  await client.ask("POST", "/services/create", replicas(1));
  const namedMs = (await watched.until(1)) - createdMs;
  await scale(2);
  await watched.until(2);
  const lessMs = await scale(1);
  const goneMs = (await watched.until(1)) - lessMs;
  await client.ask("DELETE", `/services/${service}`);
  return { namedMs, goneMs };
}

/** When the name's answers came to have so many addresses (ms since 1970). */
function watch(from: readonly string[], name: string): Disposable & { until(count: number): Promise<number> } {
  const program = join(import.meta.dirname, "name-watcher.ts");
  const [command = "", ...words] = [...from, process.execPath, program, name, String(PERIOD_MS)];
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "ignore"] });
  let last: { readonly atMs: number; readonly addresses: readonly string[] } = { atMs: 0, addresses: [] };
  createInterface(mustHave(child.stdout, "output")).on("line", (line) => {
    last = JSON.parse(line) as typeof last;
  });
  return {
    until: (count) =>
      waitFor(`${count} addresses of ${name}`, WAIT_MS_MAX, () => (last.addresses.length === count ? last.atMs : null)),
    [Symbol.dispose]: () => void child.stdin?.end(),
  };
}

const nowMs = (): number => performance.timeOrigin + performance.now();
