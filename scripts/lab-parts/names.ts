import { existsSync } from "node:fs";
import { join } from "node:path";

/** A sentence for the person at the keyboard; anything else that is thrown is a bug of ours and shows its stack. */
export class LabError extends Error {
  override readonly name = "LabError";
}

/** More would not fit between .1 and the client's address, nor on one machine. */
export const HOSTS_MAX = 50;
export const MANAGERS_DEFAULT = 3;

/** The lab's only network. All addresses live in network namespaces, so several labs may use the same ones. */
const NETWORKS = {
  ipv4: { start: "10.77.0.", bits: 24, everywhere: "0.0.0.0/0" },
  ipv6: { start: "fd77::", bits: 64, everywhere: "::/0" },
} as const;
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ["hub", 254],
  ["client", 200],
]);
export const REGISTRY_PORT = 5000;
export const MANAGER_PORT = 2377;

/** The machine in the middle: everybody's switch, router and registry. */
export const HUB = "hub";
/** The machine outside the swarm that uses its services. */
export const CLIENT = "client";

const suffix = labSuffix(process.env["SWARM_LAB"] ?? "");

/** Where the repository is. */
export const ROOT = join(import.meta.dirname, "../..");
/** What a reboot would remove: first processes, run directories, the record of the lab. */
export const RUN = `/run/swarm-lab${suffix}`;
/** What a host keeps over a power-off: data and logs; and the registry's storage. */
export const STATE = `/var/lib/swarm-lab${suffix}`;
/** Packages, images: expensive to make, kept by `down`. */
export const CACHE = "/var/cache/swarm-lab";
/** Name of the group under each cgroup hierarchy. */
export const CGROUP = `swarm-lab${suffix}`;

export function hostName(number: number): string {
  return `host${number}`;
}

/** Tells of a lab whose machines have addresses of IPv6 alone. */
export const IPV6_MARK = join(RUN, "ipv6");

/** The network of this lab. */
export function labNetwork(): (typeof NETWORKS)[keyof typeof NETWORKS] {
  return NETWORKS[existsSync(IPV6_MARK) ? "ipv6" : "ipv4"];
}

/** Address of a machine by name. @throws LabError when there is no such name. */
export function addressOf(machine: string): string {
  return `${labNetwork().start}${numberOf(machine)}`;
}

/** The same with a port. */
export function hostPortOf(machine: string, port: number): string {
  const address = addressOf(machine);
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

function numberOf(machine: string): number {
  const known = NUMBERS.get(machine);
  if (known !== undefined) return known;
  const number = /^host([1-9][0-9]?)$/.exec(machine)?.[1];
  if (number === undefined || Number(number) > HOSTS_MAX)
    throw new LabError(`${JSON.stringify(machine)} is not a host; hosts are host1, host2 and so on.`);
  return Number(number);
}

/** The same at every boot, as that of a real network card. */
export function macOf(machine: string): string {
  return `02:4d:00:00:00:${numberOf(machine).toString(16).padStart(2, "0")}`;
}

/** Directories of one machine. `run` and `data` are its /run/swarm and /var/lib/swarm, `log` lies in its /var/log. */
export function pathsOf(machine: string): {
  readonly dir: string;
  readonly run: string;
  readonly data: string;
  readonly log: string;
} {
  const dir = join(RUN, "machines", machine);
  return {
    dir,
    run: join(dir, "run"),
    data: join(STATE, machine, "data"),
    log: join(STATE, machine, "log/swarmd.log"),
  };
}

function labSuffix(name: string): string {
  if (name === "") return "";
  if (!/^[a-z0-9]{1,16}(-[a-z0-9]{1,16})?$/.test(name))
    throw new LabError(
      `SWARM_LAB is ${JSON.stringify(name)}; it must be 1 to 16 lower-case letters and digits, or two such words with - between them.`,
    );
  return `-${name}`;
}
