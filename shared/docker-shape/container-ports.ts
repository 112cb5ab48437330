import { SwarmError } from "../errors.ts";
import { canonicalHostIp } from "../objects/host-ip.ts";
import type { PortConfig } from "../rpc/gen/objects.ts";
import type { DockerJson } from "./common.ts";

const PORT = /^(\d{1,5})(?:\/(tcp|udp|sctp))?$/i;
const PORT_MAX = 65_535;

/** The names of ExposedPorts as PORT/PROTOCOL. @throws SwarmError invalidArgument. */
export function fromExposedPorts(json: DockerJson): readonly string[] {
  return Object.keys(json).map((name) => {
    const { port, protocol } = portIn(name);
    return `${port}/${protocol}`;
  });
}

/** PortBindings; each binding is a port of the host. @throws SwarmError invalidArgument. */
export function fromPortBindings(json: DockerJson): readonly PortConfig[] {
  return Object.entries(json).flatMap(([name, bindings]) => {
    const { port, protocol } = portIn(name);
    return ((bindings ?? []) as readonly DockerJson[]).map((binding): PortConfig => {
      const publishedPort = hostPortOf(String(binding["HostPort"] ?? ""));
      const hostIp = String(binding["HostIp"] ?? "");
      return {
        protocol: protocol.toUpperCase() as PortConfig["protocol"],
        targetPort: port,
        publishedPort,
        publishMode: "HOST",
        // Every address of the host, and every one of IPv4, are the same here.
        hostIp: canonicalHostIp(hostIp) ?? hostIp,
        localFirst: false,
      };
    });
  });
}

/** `80/tcp` with the host's ports that lead there. `everywhere`: how an address is shown that was not said. */
export function toPortBindings(ports: readonly PortConfig[], everywhere: string): DockerJson {
  const bindings = new Map<string, DockerJson[]>();
  for (const port of ports) {
    const binding = {
      HostIp: port.hostIp || everywhere,
      HostPort: port.publishedPort === 0 ? "" : String(port.publishedPort),
    };
    bindings.set(portName(port), [...(bindings.get(portName(port)) ?? []), binding]);
  }
  return Object.fromEntries(bindings);
}

/** `80/tcp`. */
export function portName({ targetPort, protocol }: PortConfig): string {
  return `${targetPort}/${protocol.toLowerCase()}`;
}

function portIn(name: string): { readonly port: number; readonly protocol: string } {
  const [, number = "0", protocol = "tcp"] = PORT.exec(name) ?? [];
  const port = Number(number);
  if (port < 1 || port > PORT_MAX) throw wrongPort(name);
  return { port, protocol: protocol.toLowerCase() };
}

/** 0 = the host chooses. */
function hostPortOf(text: string): number {
  if (text === "") return 0;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= PORT_MAX) return port;
  throw wrongPort(text);
}

function wrongPort(text: string): SwarmError {
  const sentence = `invalid port specification: ${JSON.stringify(text.slice(0, 100))}: expected one port, such as 80`;
  return new SwarmError("invalidArgument", sentence);
}
