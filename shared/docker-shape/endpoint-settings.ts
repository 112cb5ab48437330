import { SwarmError } from "../errors.ts";
import { isMacAddress } from "../mac-address.ts";
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

/** The hardware address that it gives a container on no network of people's own. @throws SwarmError invalidArgument. */
export function macAddressOfHostLink(value: unknown): string | undefined {
  const all = objectIn(fieldOf(objectIn(value ?? {}, "NetworkingConfig"), "EndpointsConfig") ?? {}, "EndpointsConfig");
  const settings = fieldOf(all, "bridge") ?? fieldOf(all, "default") ?? {};
  return fromMacAddress(fieldOf(objectIn(settings, "EndpointsConfig of bridge"), "MacAddress"));
}

/** How a container is to be on a network: Docker's EndpointSettings. @throws SwarmError invalidArgument. */
export function fromEndpointSettings(network: string, value: unknown): ContainerEndpoint {
  const json = objectIn(value ?? {}, `EndpointsConfig of ${network}`);
  const ipam = objectIn(fieldOf(json, "IPAMConfig") ?? {}, "IPAMConfig");
  const macAddress = fromMacAddress(fieldOf(json, "MacAddress"));
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
    ...(macAddress === undefined ? {} : { macAddress }),
  };
}

export function blankEndpoint(network: string): ContainerEndpoint {
  return { network, aliases: [], address: "", address6: "", links: [], driverOptions: {}, swarmNetwork: "" };
}

/** undefined = none is wanted. @throws SwarmError invalidArgument for what is no hardware address of one device. */
export function fromMacAddress(value: unknown): string | undefined {
  const given = text(value);
  if (given === "") return undefined;
  const plain = given.toLowerCase().replaceAll("-", ":");
  if (isMacAddress(plain)) return plain;
  throw invalid(`invalid MAC address: ${given.slice(0, 100)} is not that of one device, as 02:42:ac:11:00:02`);
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
