import { driverOf } from "../objects/network.ts";
import { taskError } from "../objects/priority.ts";
import type { Network, Task } from "../rpc/gen/objects.ts";
import { type DockerJson, headOf, toRfc3339, unlessEmpty } from "./common.ts";
import { toDockerPort, toDockerResources } from "./elements.ts";
import { toDockerTaskSpec } from "./service-spec.ts";

/**
 * A task as `docker inspect TASK` shows it.
 * @param networks of which it may be on some, by id; of others only the ids are shown
 */
export function toDockerTask(task: Task, networks: ReadonlyMap<string, Network> = new Map()): DockerJson {
  const { status } = task;
  return {
    ...headOf(task),
    Labels: {},
    Spec: task.spec === null ? {} : toDockerTaskSpec(task.spec, false),
    ServiceID: task.serviceId,
    ...unlessEmpty("Slot", task.slot),
    ...unlessEmpty("NodeID", task.nodeId),
    Status: {
      Timestamp: toRfc3339(status?.timestampMs ?? 0),
      State: (status?.state ?? "NEW").toLowerCase(),
      ...unlessEmpty("Message", status?.message),
      ...unlessEmpty("Err", taskError(task)),
      ...(status === null || status.container === null
        ? {}
        : {
            ContainerStatus: {
              ContainerID: status.container.containerId,
              PID: status.container.pid,
              ExitCode: status.container.exitCode,
            },
          }),
      PortStatus: { ...unlessEmpty("Ports", status?.hostPorts.map(toDockerPort)) },
    },
    DesiredState: task.desiredState.toLowerCase(),
    ...(task.jobIteration === undefined ? {} : { JobIteration: { ...unlessEmpty("Index", task.jobIteration) } }),
    ...unlessEmpty("GenericResources", task.genericResources.flatMap(toDockerResources)),
    ...unlessEmpty(
      "NetworksAttachments",
      task.networks.map(({ networkId, address }) => ({
        Network: networkOf(networkId, networks.get(networkId)),
        Addresses: [address],
      })),
    ),
    // Cluster volumes, which there are none of.
    Volumes: null,
  };
}

function networkOf(id: string, network: Network | undefined): DockerJson {
  if (network === undefined) return { ID: id };
  const { spec, subnets } = network;
  const driver = { Name: driverOf(spec ?? { driver: "" }) };
  return {
    ...headOf(network),
    Spec: {
      Name: spec?.annotations?.name ?? "",
      Labels: spec?.annotations?.labels ?? {},
      DriverConfiguration: driver,
      ...unlessEmpty("Ingress", spec?.ingress),
      ...unlessEmpty("Internal", spec?.internal),
      ...unlessEmpty("Attachable", spec?.attachable),
      Scope: "swarm",
    },
    DriverState: driver,
    IPAMOptions: {
      Driver: { Name: "default" },
      Configs: subnets.map(({ cidr, gateway }) => ({ Subnet: cidr, ...unlessEmpty("Gateway", gateway) })),
    },
  };
}
