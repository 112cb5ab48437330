import type { TaskId } from "../ids.ts";
import { addressOf, macOf } from "../ipv4.ts";
import { containerIdOf } from "../objects/container-id.ts";
import { asNetwork } from "../objects/local-network.ts";
import { driverOf, hasIpv6, scopeOf, VNI_OPTION } from "../objects/network.ts";
import { taskName } from "../objects/task-name.ts";
import { isFinal } from "../objects/task-state.ts";
import type { LocalNetwork } from "../rpc/gen/networks.ts";
import type { Guest, Network, Service, Task } from "../rpc/gen/objects.ts";
import { type DockerJson, toRfc3339, unlessEmpty } from "./common.ts";
import { toDockerPort } from "./elements.ts";

/**
 * A network as `docker network inspect` shows it, with the tasks and own containers on it of all hosts. `services` =
 * those of `--verbose`, which shows who is on it by service; null = not asked for.
 */
export function toDockerNetwork(
  network: Network,
  { tasks, guests }: { readonly tasks: readonly Task[]; readonly guests: readonly Guest[] },
  services: readonly Service[] | null,
): DockerJson {
  const here = tasks.filter((task) => !isFinal(task.status?.state ?? "NEW") && addressOn(network, task) !== null);
  return {
    ...common(network),
    Containers: Object.fromEntries([
      ...here.map((task) => [containerIdOf(task.id as TaskId), containerOf(network, task)] as const),
      ...guests.map(
        ({ containerId, names, ...at }) => [containerId, memberOf(containerId, names[0] ?? "", at)] as const,
      ),
    ]),
    ...(services === null
      ? {}
      : { Services: Object.fromEntries(services.flatMap((each) => serviceOf(network, each, here))) }),
  };
}

/** The same of a network of one host, with the containers on it that run. */
export function toDockerLocalNetwork(network: LocalNetwork): DockerJson {
  const containers = network.members.map(({ containerId, name, address, address6 }) => [
    containerId,
    memberOf(containerId, name, { address, address6 }),
  ]);
  return { ...common(asNetwork(network)), Containers: Object.fromEntries(containers) };
}

function memberOf(
  containerId: string,
  name: string,
  { address, address6 }: { readonly address: string; readonly address6: string },
): DockerJson {
  return {
    Name: name,
    EndpointID: containerId,
    MacAddress: address === "" ? "" : macOf(addressOf(address)),
    IPv4Address: address,
    IPv6Address: address6,
  };
}

function common(network: Network): DockerJson {
  const { spec, subnets, vni } = network;
  const driver = driverOf(spec ?? { driver: "" });
  const blocks = subnets.length > 0 ? subnets : (spec?.subnets ?? []);
  return {
    Name: spec?.annotations?.name ?? "",
    Id: network.id,
    Created: toRfc3339(network.meta?.createdAtMs ?? 0),
    Scope: scopeOf({ driver }),
    Driver: driver,
    EnableIPv4: true,
    EnableIPv6: hasIpv6(network),
    IPAM: {
      Driver: "default",
      Options: null,
      Config: blocks.map(({ cidr, gateway, ipRange, auxiliary }) => ({
        Subnet: cidr,
        ...unlessEmpty("IPRange", ipRange),
        ...unlessEmpty("Gateway", gateway),
        ...unlessEmpty("AuxiliaryAddresses", auxiliary),
      })),
    },
    Internal: spec?.internal ?? false,
    Attachable: spec?.attachable ?? false,
    Ingress: spec?.ingress ?? false,
    ConfigFrom: { Network: "" },
    ConfigOnly: false,
    Options: { ...(vni === 0 ? {} : { [VNI_OPTION]: String(vni) }), ...spec?.options },
    Labels: spec?.annotations?.labels ?? {},
  };
}

function addressOn(network: Network, task: Task): Task["networks"][number] | null {
  return task.networks.find(({ networkId }) => networkId === network.id) ?? null;
}

function containerOf(network: Network, task: Task): DockerJson {
  const at = addressOn(network, task);
  return {
    Name: taskName(task),
    EndpointID: task.id,
    MacAddress: at === null || at.address === "" ? "" : macOf(at.address),
    IPv4Address: at?.address ?? "",
    IPv6Address: at?.address6 ?? "",
  };
}

function serviceOf(
  network: Network,
  service: Service,
  here: readonly Task[],
): readonly (readonly [string, DockerJson])[] {
  const tasks = here.filter(({ serviceId }) => serviceId === service.id);
  const vip = service.endpoint?.virtualIps.find(({ networkId }) => networkId === network.id);
  if (tasks.length === 0 && vip === undefined) return [];
  const plain = (cidr: string | undefined): string => cidr?.split("/")[0] ?? "";
  const json = {
    VIP: plain(vip?.address),
    ...unlessEmpty("VIP6", plain(vip?.address6)),
    Ports: (service.endpoint?.ports ?? []).map(toDockerPort),
    Tasks: tasks.map((task) => ({
      Name: taskName(task),
      EndpointID: task.id,
      EndpointIP: plain(addressOn(network, task)?.address),
      Info: { "Host ID": task.nodeId },
    })),
  };
  return [[service.spec?.annotations?.name ?? service.id, json]];
}
