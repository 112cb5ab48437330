import type { ContainerDetails, ContainerNetwork } from "../rpc/gen/containers.ts";
import type { DockerJson } from "./common.ts";
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

function toEndpoint({ networkId, address, address6, gateway, macAddress, aliases }: ContainerNetwork): DockerJson {
  const [ip = "", prefix = "0"] = address.split("/");
  const [ip6 = "", prefix6 = "0"] = address6.split("/");
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: aliases.length === 0 ? null : aliases,
    MacAddress: macAddress,
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: networkId,
    EndpointID: "",
    Gateway: gateway,
    IPAddress: ip,
    IPPrefixLen: Number(prefix),
    IPv6Gateway: "",
    GlobalIPv6Address: ip6,
    GlobalIPv6PrefixLen: Number(prefix6),
    DNSNames: null,
  };
}
