/**
 * Where the measurements of user networks are made: tasks' network namespaces on lab hosts, entered with the host's
 * programs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mustHave } from "../../../shared/invariant.ts";
import { ENTER } from "../../lab-parts/machines.ts";
import { pathsOf, RUN } from "../../lab-parts/names.ts";
import { run, waitFor } from "../../lab-parts/run.ts";
import { ctl, parseLines } from "../../lab-parts/swarm.ts";

/** A namespace on a machine of the lab; `netns` = null is the machine's own. */
export interface Place {
  readonly machine: string;
  readonly netns: string | null;
}

/** A running task as its host has written it down. */
export interface TaskPlace extends Place {
  readonly netns: string;
  /** Its address on the user network. */
  readonly address: string;
}

interface TaskRow {
  readonly ID: string;
  readonly Node: string;
  readonly CurrentState: string;
}

const RUNNING_MS_MAX = 120_000;

/** What to run so that `command` runs there; the first word is a program of the lab machine. */
export function inside({ netns }: Place, command: readonly string[]): readonly string[] {
  return netns === null ? command : ["nsenter", `--net=${netns}`, ...command];
}

/** The same for a program of this machine to run, with what leads to the lab machine before it. */
export function entering(place: Place): readonly string[] {
  return [ENTER, RUN, place.machine, ...inside(place, [])];
}

/** The one task of a service, once it runs. @throws LabError when it does not. */
export async function taskOf(service: string): Promise<TaskPlace> {
  return mustHave((await tasksRunning(service, 1))[0], "task");
}

/** The tasks of a service, once so many run. @throws LabError when they do not. */
export async function tasksRunning(service: string, count: number): Promise<readonly TaskPlace[]> {
  return await waitFor(`${count} running tasks of ${service}`, RUNNING_MS_MAX, async () => {
    const rows = parseLines(await ctl("host1", ["service", "ps", "--no-trunc", "--format", "json", service]));
    const places = (rows as readonly TaskRow[])
      .filter(({ CurrentState }) => CurrentState.startsWith("Running"))
      .map(({ ID, Node }) => recordOf(Node, ID));
    return places.length === count ? places : null;
  });
}

/** A service's virtual address on its only network. */
export async function virtualAddressOf(service: string): Promise<string> {
  const text = await ctl("host1", ["service", "inspect", service]);
  return /"Addr": "([\d.]+)\//.exec(text)?.[1] ?? "";
}

/** The namespace of the only user network on a host. */
export function networkNamespaceOn(machine: string): string {
  const names = readdirSync(join(pathsOf(machine).run, "network/netns")).filter((name) =>
    name.startsWith("swarm-net-"),
  );
  return `/run/swarm/network/netns/${mustHave(names[0], `a network on ${machine}`)}`;
}

function recordOf(machine: string, taskId: string): TaskPlace {
  const record = readFileSync(join(recordsOf(machine), `${taskId}.json`), "utf8");
  const { namespacePath, networks } = JSON.parse(record) as {
    readonly namespacePath: string;
    readonly networks: readonly { readonly cidrs: { readonly ipv4: string } }[];
  };
  return { machine, netns: namespacePath, address: networks[0]?.cidrs.ipv4.split("/")[0] ?? "" };
}

const recordsOf = (machine: string): string => join(pathsOf(machine).run, "network/records");

/** @throws LabError that names the package of a program that is not installed. */
export async function mustHavePrograms(names: readonly string[]): Promise<void> {
  await run("sh", ["-c", names.map((name) => `command -v ${name}`).join(" && ")]).catch(() => {
    throw new Error(`needs ${names.join(" and ")}: apt-get install ${names.join(" ")}`);
  });
}
