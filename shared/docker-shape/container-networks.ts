import type { ContainerDetails, ContainerNetwork } from "../rpc/gen/containers.ts";
import { type DockerJson, isEmpty, unlessEmpty } from "./common.ts";
import { toPortBindings } from "./container-ports.ts";

/** Where a container is reached. */
export function toNetworkSettings({ networks, summary, pid }: ContainerDetails): DockerJson {
  const own = networks.find(({ name }) => name === "bridge");
  const endpoint = own === undefined ? null : toEndpoint(own);
  const isRunning = summary?.state === "RUNNING" || summary?.state === "PAUSED";
  const exposed = Object.fromEntries((summary?.exposedPorts ?? []).map((port) => [port, null]));
  return {
    Bridge: "",
    SandboxID: "",
    SandboxKey: pid === 0 ? "" : `/proc/${pid}/ns/net`,
    Ports: isRunning ? { ...exposed, ...toPortBindings(summary?.ports ?? [], "0.0.0.0") } : {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: "",
    Gateway: endpoint?.["Gateway"] ?? "",
    GlobalIPv6Address: endpoint?.["GlobalIPv6Address"] ?? "",
    GlobalIPv6PrefixLen: endpoint?.["GlobalIPv6PrefixLen"] ?? 0,
    IPAddress: endpoint?.["IPAddress"] ?? "",
    IPPrefixLen: endpoint?.["IPPrefixLen"] ?? 0,
    IPv6Gateway: "",
    MacAddress: endpoint?.["MacAddress"] ?? "",
    Networks: toEndpoints(networks),
  };
}

/** A container's places on networks, by the networks' names. */
export function toEndpoints(networks: readonly ContainerNetwork[]): DockerJson {
  return Object.fromEntries(networks.map((network) => [network.name, toEndpoint(network)]));
}

function toEndpoint(place: ContainerNetwork): DockerJson {
  const { address, address6, aliases, links, dnsNames, driverOptions, wantedAddress, wantedAddress6 } = place;
  const [ip = "", prefix = "0"] = address.split("/");
  const [ip6 = "", prefix6 = "0"] = address6.split("/");
  const wanted = { ...unlessEmpty("IPv4Address", wantedAddress), ...unlessEmpty("IPv6Address", wantedAddress6) };
  return {
    IPAMConfig: isEmpty(wanted) ? null : wanted,
    Links: links.length === 0 ? null : links,
    Aliases: aliases.length === 0 ? null : aliases,
    MacAddress: place.macAddress,
    DriverOpts: isEmpty(driverOptions) ? null : driverOptions,
    GwPriority: 0,
    NetworkID: place.networkId,
    EndpointID: "",
    Gateway: place.gateway,
    IPAddress: ip,
    IPPrefixLen: Number(prefix),
    IPv6Gateway: place.gateway6,
    GlobalIPv6Address: ip6,
    GlobalIPv6PrefixLen: Number(prefix6),
    DNSNames: dnsNames.length === 0 ? null : dnsNames,
  };
}
