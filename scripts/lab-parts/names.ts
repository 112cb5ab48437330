import { join } from "node:path";

/** A sentence for the person at the keyboard; anything else that is thrown is a bug of ours and shows its stack. */
export class LabError extends Error {
  override readonly name = "LabError";
}

/** More would not fit between .1 and the client's address, nor on one machine. */
export const HOSTS_MAX = 50;
export const MANAGERS_DEFAULT = 3;

/** The lab's only network. All addresses live in network namespaces, so several labs may use the same ones. */
const SUBNET = "10.77.0";
export const PREFIX_BITS = 24;
export const HUB_ADDRESS = `${SUBNET}.254`;
export const CLIENT_ADDRESS = `${SUBNET}.200`;
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

/** Address of a machine by name. @throws LabError when there is no such name. */
export function addressOf(machine: string): string {
  if (machine === HUB) return HUB_ADDRESS;
  if (machine === CLIENT) return CLIENT_ADDRESS;
  const number = /^host([1-9][0-9]?)$/.exec(machine)?.[1];
  if (number === undefined || Number(number) > HOSTS_MAX)
    throw new LabError(`${JSON.stringify(machine)} is not a host; hosts are host1, host2 and so on.`);
  return `${SUBNET}.${number}`;
}

/** The same at every boot, as that of a real network card. */
export function macOf(machine: string): string {
  const last = Number(addressOf(machine).split(".")[3]);
  return `02:4d:00:00:00:${last.toString(16).padStart(2, "0")}`;
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
