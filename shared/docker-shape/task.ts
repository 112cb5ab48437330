import type { Task } from "../rpc/gen/objects.ts";
import { type DockerJson, headOf, toRfc3339, unlessEmpty } from "./common.ts";
import { toDockerPort, toDockerResources } from "./elements.ts";
import { toDockerTaskSpec } from "./service-spec.ts";

/** A task as `docker inspect TASK` shows it. */
export function toDockerTask(task: Task): DockerJson {
  const { status } = task;
  return {
    ...headOf(task),
    Labels: {},
    Spec: task.spec === null ? {} : toDockerTaskSpec(task.spec),
    ServiceID: task.serviceId,
    ...unlessEmpty("Slot", task.slot),
    ...unlessEmpty("NodeID", task.nodeId),
    Status: {
      Timestamp: toRfc3339(status?.timestampMs ?? 0),
      State: (status?.state ?? "NEW").toLowerCase(),
      ...unlessEmpty("Message", status?.message),
      ...unlessEmpty("Err", status?.err),
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
    ...(task.jobIteration === undefined ? {} : { JobIteration: { Index: task.jobIteration } }),
    ...unlessEmpty("GenericResources", task.genericResources.flatMap(toDockerResources)),
    ...unlessEmpty(
      "NetworksAttachments",
      task.networks.map(({ networkId, address }) => ({ Network: { ID: networkId }, Addresses: [address] })),
    ),
  };
}
