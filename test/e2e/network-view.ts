/** How a swarm's networks look from inside of its containers, and from its hosts' kernels. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LAB_NAME, type Lab } from "../support/lab.ts";
import { runningTasks } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const LAB = join(import.meta.dirname, "../../scripts/lab");
const UDP_PEER = join(import.meta.dirname, "udp-peer.ts");

/** A container of the lab that commands can be run in. */
export interface Inside {
  readonly taskId: string;
  readonly host: string;
  /** What a command of the image says; its standard error too, and whatever it ends with. */
  run(...command: readonly string[]): Promise<string>;
  /** nsenter's words for its network with the host's programs. */
  readonly network: readonly string[];
}

/** The containers of a service, by host; one for each host at most. */
export async function containersOf(lab: Lab, service: string): Promise<ReadonlyMap<string, Inside>> {
  const tasks = await runningTasks(lab, "host1", service);
  const all = await Promise.all(
    tasks.map(async ({ ID, Node }): Promise<Inside> => {
      const pid = (await lab.exec(Node, "cat", `/run/swarm/containers/${ID}/pid`)).trim();
      const enter = ["nsenter", "--target", pid, "--net", "--mount", "--root", "--wd"];
      return {
        ...{ taskId: ID, host: Node, network: ["nsenter", "--target", pid, "--net"] },
        run: async (...command) => {
          const { stdout, stderr } = await lab.tryExec(Node, ...enter, ...command);
          return stdout + stderr;
        },
      };
    }),
  );
  return new Map(all.map((inside) => [inside.host, inside]));
}

/** What a name means in a container, sorted; what cannot be found is nothing. */
export async function addressesOf(inside: Inside, name: string): Promise<readonly string[]> {
  const said = await inside.run("nslookup", name);
  const answer = said.slice(said.indexOf("Name:"));
  return said.includes("Name:")
    ? [...answer.matchAll(/^Address: (\S+)$/gm)].map(([, address = ""]) => address).sort()
    : [];
}

/** The addresses of a service's running tasks on its only network, sorted, as the managers have allocated them. */
export async function allocatedTo(lab: Lab, service: string, network: string): Promise<readonly string[]> {
  const running = new Set((await runningTasks(lab, "host1", service)).map(({ ID }) => ID));
  const text = await lab.ctl("host1", "network", "inspect", network);
  const [found] = JSON.parse(text) as readonly {
    Containers: Readonly<Record<string, { readonly Name: string; readonly IPv4Address: string }>>;
  }[];
  return Object.values(found?.Containers ?? {})
    .filter(({ Name: name }) => running.has(name.split(".").at(-1) ?? ""))
    .map(({ IPv4Address }) => IPv4Address.split("/")[0] ?? "")
    .sort();
}

/** A service's virtual address on its only network. */
export async function virtualAddressOf(lab: Lab, service: string): Promise<string> {
  return /"Addr": "([\d.]+)\//.exec(await lab.ctl("host1", "service", "inspect", service))?.[1] ?? "";
}

/** To whom the kernel of a host leads connections to a virtual address, sorted. */
export async function backendsOn(
  lab: Lab,
  host: string,
  networkId: string,
  virtual: string,
): Promise<readonly string[]> {
  const namespace = `/run/swarm/network/netns/swarm-net-${networkId.slice(0, 12)}`;
  const text = await lab.exec(
    host,
    "nsenter",
    `--net=${namespace}`,
    "nft",
    "list",
    "map",
    "inet",
    "swarm",
    "backends4",
  );
  return [...text.matchAll(/([\d.]+) \. 0x[0-9a-f]+ : ([\d.]+)/g)]
    .filter(([, address]) => address === virtual)
    .map(([, , backend = ""]) => backend)
    .sort();
}

/**
 * Waits until names and kernels of all hosts show exactly the service's running tasks, so many. A client container of
 * `asking` runs on each of the hosts.
 */
export async function untilKnown(
  lab: Lab,
  asking: ReadonlyMap<string, Inside>,
  { service, network, count }: { readonly service: string; readonly network: string; readonly count: number },
): Promise<void> {
  const networkId = JSON.parse(await lab.ctl("host1", "network", "inspect", network))[0].Id as string;
  const virtual = await virtualAddressOf(lab, service);
  await waitFor(`all hosts know the ${count} tasks of ${service}`, async () => {
    const wanted = String(await allocatedTo(lab, service, network));
    if (wanted.split(",").length !== count) return false;
    const seen = [...asking.values()].map(async (inside) => [
      String(await addressesOf(inside, `tasks.${service}`)),
      String(await backendsOn(lab, inside.host, networkId, virtual)),
    ]);
    return (await Promise.all(seen)).flat().every((addresses) => addresses === wanted);
  });
}

/** Programs in containers' networks that run beside the test, and what they have said last. */
export class Peers implements Disposable {
  readonly #children: ChildProcess[] = [];

  /** Answers datagrams in a container with its task's id. */
  serve(inside: Inside, port: number): Promise<unknown> {
    return this.#start(["exec", inside.host, ...inside.network], ["serve", String(port), inside.taskId]).first;
  }

  /** Asks from one port all the time; the last answer. `inside` null = from outside of the swarm. */
  ask(inside: Inside | null, from: number, address: string, port: number): { readonly last: () => string } {
    const where = inside === null ? ["client"] : ["exec", inside.host, ...inside.network];
    return this.#start(where, ["ask", String(from), address, String(port)]);
  }

  [Symbol.dispose](): void {
    for (const child of this.#children) child.stdin?.end();
  }

  #start(where: readonly string[], args: readonly string[]): { first: Promise<unknown>; last: () => string } {
    const child = spawn(LAB, [...where, process.execPath, UDP_PEER, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, SWARM_LAB: LAB_NAME },
    });
    this.#children.push(child);
    const first = Promise.withResolvers<unknown>();
    let said = "";
    if (child.stdout !== null)
      createInterface(child.stdout).on("line", (line) => {
        said = line;
        first.resolve(line);
      });
    return { first: first.promise, last: () => said };
  }
}
