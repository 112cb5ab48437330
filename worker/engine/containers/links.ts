/** Docker's links between containers: on the predefined bridge lines of /etc/hosts, and variables. Pure. */
import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerConfig } from "../../../shared/rpc/gen/containers.ts";
import { parseLink } from "../../../shared/run-text/link.ts";

/** A container that another one is linked to, as it runs. */
export interface LinkedContainer {
  readonly name: string;
  readonly hostname: string;
  /** Without prefix length. */
  readonly address: string;
  /** PORT/PROTOCOL that it exposes. */
  readonly ports: readonly string[];
  readonly env: readonly string[];
}

/** What a container has of each other one; `alias` is what it calls that. */
export interface Linked {
  /** As `spec.container.hosts` has them. */
  readonly hosts: readonly string[];
  readonly env: readonly string[];
}

/** Every container has its own. */
const OWN_VARIABLES = /^(HOME|PATH)=/;

/** @param name of the container that has the link. */
export function linkedBy(name: string, alias: string, other: LinkedContainer): Linked {
  const prefix = alias.toUpperCase().replaceAll("-", "_");
  const ports = other.ports.map(partsOf).toSorted((a, b) => rank(a) - rank(b) || a.port - b.port);
  const of = ({ port, protocol }: Port): string => `${protocol}://${other.address}:${port}`;
  const [first] = ports;
  return {
    hosts: [...new Set([alias, other.hostname, other.name])].map((one) => `${other.address} ${one}`),
    env: [
      ...(first === undefined ? [] : [`${prefix}_PORT=${of(first)}`]),
      ...ports.flatMap((port) => {
        const each = `${prefix}_PORT_${port.port}_${port.protocol.toUpperCase()}`;
        return [
          `${each}=${of(port)}`,
          `${each}_ADDR=${other.address}`,
          `${each}_PORT=${port.port}`,
          `${each}_PROTO=${port.protocol}`,
        ];
      }),
      `${prefix}_NAME=/${name}/${alias}`,
      ...other.env.filter((line) => !OWN_VARIABLES.test(line)).map((line) => `${prefix}_ENV_${line}`),
    ],
  };
}

/**
 * A container's configuration without what it calls `alias`.
 * @throws SwarmError notFound when it has no such link.
 */
export function withoutLink(config: ContainerConfig, alias: string): ContainerConfig {
  const others = (links: readonly string[]): readonly string[] =>
    links.filter((link) => parseLink(link).alias !== alias);
  const left = {
    links: others(config.links),
    endpoints: config.endpoints.map((endpoint) => ({ ...endpoint, links: others(endpoint.links) })),
  };
  const count = ({ links, endpoints }: Pick<ContainerConfig, "links" | "endpoints">): number =>
    endpoints.reduce((sum, endpoint) => sum + endpoint.links.length, links.length);
  if (count(left) === count(config)) throw new SwarmError("notFound", `No such link: /${config.name}/${alias}`);
  return { ...config, ...left };
}

interface Port {
  readonly port: number;
  readonly protocol: string;
}

function partsOf(text: string): Port {
  const [port = "", protocol = "tcp"] = text.split("/");
  return { port: Number(port), protocol };
}

/** TCP comes first, as in Docker: the first port is the one that PORT alone means. */
function rank({ protocol }: Port): number {
  return protocol === "tcp" ? 0 : 1;
}
