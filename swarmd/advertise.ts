import { SwarmError } from "../shared/errors.ts";

/** One address of one network interface of this host. */
export interface InterfaceAddress {
  readonly interfaceName: string;
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
  /** Loopback. */
  readonly internal: boolean;
}

/** Interfaces that swarmd or other container engines create; their addresses are never useful to other hosts. */
const VIRTUAL_INTERFACE = /^(docker|br-|veth|virbr|cni|flannel|sw[ie]?-|lo$)/;

/**
 * The address that other hosts use for this one.
 * `wanted` is an IP, IP:PORT, interface or interface:PORT; "" chooses the host's only usable IPv4 (else IPv6) address.
 * @throws SwarmError invalidArgument when there is no such interface; failedPrecondition when the choice is not clear.
 */
export function chooseAdvertiseAddress(
  wanted: string,
  interfaces: readonly InterfaceAddress[],
  flag = "--advertise-addr",
): { readonly ip: string; readonly port: number | null } {
  if (wanted === "") return { ip: onlyUsableAddress(interfaces, flag), port: null };
  const { host, port } = splitHostPort(wanted, flag);
  if (isIpv4(host) || host.includes(":")) {
    if (host === "0.0.0.0" || host === "::") {
      throw new SwarmError("invalidArgument", `${flag} must be an address other hosts can reach, not ${host}`);
    }
    return { ip: host, port };
  }
  const candidates = interfaces.filter(({ interfaceName }) => interfaceName === host);
  if (candidates.length === 0) {
    throw new SwarmError(
      "invalidArgument",
      `${flag} ${JSON.stringify(wanted)} is neither an IP address nor an interface of this host`,
    );
  }
  const chosen = candidates.find(({ family }) => family === "IPv4") ?? candidates[0];
  return { ip: chosen?.address ?? "", port };
}

/** Splits HOST, HOST:PORT or [V6]:PORT. @throws SwarmError invalidArgument for a bad port. */
export function splitHostPort(text: string, what: string): { readonly host: string; readonly port: number | null } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)|(.*:.*:.*))(?::(\d+))?$/.exec(text);
  const bracketed = match?.[1];
  const host = bracketed ?? match?.[2] ?? match?.[3];
  if (host === undefined || host === "") {
    throw new SwarmError(
      "invalidArgument",
      `${what} ${JSON.stringify(text)} is not an address (expected HOST or HOST:PORT)`,
    );
  }
  const portText = match?.[3] === undefined ? match?.[4] : undefined;
  if (portText === undefined) return { host, port: null };
  const port = Number(portText);
  if (port < 1 || port > 65_535) {
    throw new SwarmError("invalidArgument", `${what} ${JSON.stringify(text)}: port must be 1 to 65535`);
  }
  return { host, port };
}

/** HOST:PORT, with brackets where the host is IPv6. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const isIpv4 = (text: string): boolean => /^\d+\.\d+\.\d+\.\d+$/.test(text);

function onlyUsableAddress(interfaces: readonly InterfaceAddress[], flag: string): string {
  const usable = interfaces.filter(
    ({ interfaceName, internal, address }) =>
      !internal &&
      !VIRTUAL_INTERFACE.test(interfaceName) &&
      !address.startsWith("fe80:") &&
      !address.startsWith("169.254."),
  );
  const v4 = usable.filter(({ family }) => family === "IPv4");
  const candidates = v4.length > 0 ? v4 : usable;
  const [only, second] = candidates;
  if (only === undefined) {
    throw new SwarmError(
      "failedPrecondition",
      `this host has no address other hosts could reach; give one with ${flag}`,
    );
  }
  if (second !== undefined) {
    const list = candidates.map(({ address, interfaceName }) => `${address} on ${interfaceName}`).join(", ");
    throw new SwarmError(
      "failedPrecondition",
      `could not choose an IP address to advertise (${list}); give one with ${flag}`,
    );
  }
  return only.address;
}
