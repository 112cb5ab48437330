import { SwarmError } from "../errors.ts";
import { labelsOf } from "../objects/labels.ts";
import type { ContainerEndpoint } from "../rpc/gen/networks.ts";
import type { DockerJson } from "./common.ts";
import { fieldOf } from "./json-shape.ts";

/** What is a way of being on no network of one's own. */
const MODES: ReadonlySet<string> = new Set(["default", "bridge", "host", "none"]);

/** The networks in the NetworkingConfig of Docker's POST /containers/create. @throws SwarmError invalidArgument. */
export function fromNetworkingConfig(value: unknown): readonly ContainerEndpoint[] {
  const all = objectIn(fieldOf(objectIn(value ?? {}, "NetworkingConfig"), "EndpointsConfig") ?? {}, "EndpointsConfig");
  return Object.entries(all)
    .filter(([network]) => !MODES.has(network))
    .map(([network, settings]) => fromEndpointSettings(network, settings));
}

/** How a container is to be on a network: Docker's EndpointSettings. @throws SwarmError invalidArgument. */
export function fromEndpointSettings(network: string, value: unknown): ContainerEndpoint {
  const json = objectIn(value ?? {}, `EndpointsConfig of ${network}`);
  const ipam = objectIn(fieldOf(json, "IPAMConfig") ?? {}, "IPAMConfig");
  if (text(fieldOf(json, "MacAddress")) !== "")
    throw invalid("MacAddress must be left out: a container's MAC address follows from its IP address");
  if (words(fieldOf(ipam, "LinkLocalIPs"), "LinkLocalIPs").length > 0)
    throw invalid("LinkLocalIPs must be left out: networks have no link-local addresses");
  const options = objectIn(fieldOf(json, "DriverOpts") ?? {}, "DriverOpts");
  return {
    network,
    aliases: words(fieldOf(json, "Aliases"), "Aliases"),
    address: text(fieldOf(ipam, "IPv4Address")),
    address6: text(fieldOf(ipam, "IPv6Address")),
    links: words(fieldOf(json, "Links"), "Links"),
    driverOptions: labelsOf(Object.entries(options).map(([key, one]) => [key, text(one)])),
    swarmNetwork: "",
  };
}

function objectIn(value: unknown, where: string): DockerJson {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as DockerJson;
  throw invalid(`${where} must be an object`);
}

function words(value: unknown, where: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) return value;
  throw invalid(`${where} must be a list of words`);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function invalid(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
