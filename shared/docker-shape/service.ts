import { unreachable } from "../invariant.ts";
import type { PortConfig, Service, ServiceSpec, UpdateConfig } from "../rpc/gen/objects.ts";
import { type DockerJson, dashed, headOf, toNanos, toRfc3339, unlessEmpty } from "./common.ts";
import { toDockerTaskSpec } from "./task-spec.ts";

/** What an absent UpdateConfig means. */
const UPDATE_DEFAULTS: UpdateConfig = {
  parallelism: 1,
  delayMs: 0,
  monitorMs: 5_000,
  failureAction: "PAUSE",
  maxFailureRatio: 0,
  order: "STOP_FIRST",
};

/** A service as `docker service inspect` shows it. */
export function toDockerService(service: Service): DockerJson {
  const { endpoint, updateStatus } = service;
  return {
    ...headOf(service),
    Spec: service.spec === null ? {} : toDockerServiceSpec(service.spec),
    ...(service.previousSpec === null ? {} : { PreviousSpec: toDockerServiceSpec(service.previousSpec) }),
    Endpoint: {
      Spec: service.spec === null ? {} : endpointSpec(service.spec),
      ...unlessEmpty("Ports", endpoint?.ports.map(toDockerPort)),
      ...unlessEmpty(
        "VirtualIPs",
        endpoint?.virtualIps.map(({ networkId, address }) => ({ NetworkID: networkId, Addr: address })),
      ),
    },
    // Not Docker's: there a fault of the manager is only in its log.
    ...unlessEmpty("Trouble", service.trouble),
    ...(updateStatus === null
      ? {}
      : {
          UpdateStatus: {
            State: updateStatus.state.toLowerCase(),
            StartedAt: toRfc3339(updateStatus.startedAtMs),
            ...(updateStatus.completedAtMs === 0 ? {} : { CompletedAt: toRfc3339(updateStatus.completedAtMs) }),
            Message: updateStatus.message,
          },
        }),
  };
}

export function toDockerServiceSpec(spec: ServiceSpec): DockerJson {
  return {
    Name: spec.annotations?.name ?? "",
    Labels: spec.annotations?.labels ?? {},
    TaskTemplate: spec.task === null ? {} : toDockerTaskSpec(spec.task),
    Mode: mode(spec),
    UpdateConfig: updateConfig(spec.update ?? UPDATE_DEFAULTS),
    EndpointSpec: endpointSpec(spec),
  };
}

function mode(spec: ServiceSpec): DockerJson {
  switch (spec.mode) {
    case "global":
      return { Global: {} };
    case "replicated":
      return { Replicated: { Replicas: spec.replicated.replicas } };
    case undefined:
      // One of a newer manager, which this build cannot name.
      return {};
    default:
      return unreachable(spec);
  }
}

export function toDockerPort(port: PortConfig): DockerJson {
  return {
    Protocol: port.protocol.toLowerCase(),
    TargetPort: port.targetPort,
    ...unlessEmpty("PublishedPort", port.publishedPort),
    PublishMode: port.publishMode.toLowerCase(),
  };
}

function endpointSpec({ endpoint }: ServiceSpec): DockerJson {
  return { Mode: (endpoint?.mode ?? "VIP").toLowerCase(), ...unlessEmpty("Ports", endpoint?.ports.map(toDockerPort)) };
}

function updateConfig(wire: UpdateConfig): DockerJson {
  return {
    Parallelism: wire.parallelism,
    ...unlessEmpty("Delay", toNanos(wire.delayMs)),
    FailureAction: dashed(wire.failureAction),
    Monitor: toNanos(wire.monitorMs),
    MaxFailureRatio: wire.maxFailureRatio,
    Order: dashed(wire.order),
  };
}
