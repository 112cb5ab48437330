import type { PreDeployStatus, Service, UpdateStatus } from "../rpc/gen/objects.ts";
import { type DockerJson, headOf, toRfc3339, unlessEmpty } from "./common.ts";
import { toDockerPort } from "./elements.ts";
import { toDockerServiceSpec } from "./service-spec.ts";

/** A service as `docker service inspect` shows it. `withDefaults`: as of `toDockerServiceSpec`. */
export function toDockerService(service: Service, withDefaults = true): DockerJson {
  const spec = service.spec === null ? {} : toDockerServiceSpec(service.spec, withDefaults);
  const { endpoint, updateStatus, jobStatus, canary, autoscaleStatus, preDeploy } = service;
  return {
    ...headOf(service),
    Spec: spec,
    ...(service.previousSpec === null ? {} : { PreviousSpec: toDockerServiceSpec(service.previousSpec, false) }),
    Endpoint: {
      Spec: spec["EndpointSpec"] ?? {},
      ...unlessEmpty("Ports", endpoint?.ports.map(toDockerPort)),
      ...unlessEmpty(
        "VirtualIPs",
        // One entry for each address; Docker's services have none of IPv6.
        endpoint?.virtualIps.flatMap(({ networkId, address, address6 }) =>
          [address, address6].filter((each) => each !== "").map((each) => ({ NetworkID: networkId, Addr: each })),
        ),
      ),
    },
    // Not Docker's: there a fault of the manager is only in its log.
    ...unlessEmpty(
      "Troubles",
      service.troubles.map(({ loop, sentence }) => ({ Loop: loop, Sentence: sentence })),
    ),
    // Not Docker's, either.
    ...(canary === null
      ? {}
      : { Canary: { Slots: canary.slots, Nodes: canary.nodeIds, All: canary.all, SpecBefore: canary.baseGeneration } }),
    // Nor this.
    ...(preDeploy === null ? {} : { PreDeployStatus: preDeployOf(preDeploy) }),
    ...(jobStatus === null
      ? {}
      : {
          JobStatus: {
            JobIteration: { ...unlessEmpty("Index", jobStatus.iteration) },
            LastExecution: toRfc3339(jobStatus.lastExecutionMs),
            // Not Docker's, which has no schedules.
            ...(jobStatus.nextRunMs === 0 ? {} : { NextRun: toRfc3339(jobStatus.nextRunMs) }),
          },
        }),
    // Not Docker's, which scales nothing by its use.
    ...(autoscaleStatus === null
      ? {}
      : {
          AutoscaleStatus: {
            Replicas: autoscaleStatus.replicas,
            At: toRfc3339(autoscaleStatus.atMs),
            Reason: autoscaleStatus.reason,
          },
        }),
    ...(updateStatus === null
      ? {}
      : {
          UpdateStatus: {
            State: stateOf(updateStatus),
            StartedAt: toRfc3339(updateStatus.startedAtMs),
            ...(updateStatus.completedAtMs === 0 ? {} : { CompletedAt: toRfc3339(updateStatus.completedAtMs) }),
            Message: updateStatus.message,
          },
        }),
  };
}

function preDeployOf({ state, startedAtMs, failure, jobId }: PreDeployStatus): DockerJson {
  return {
    State: state.toLowerCase(),
    ...(startedAtMs === 0 ? {} : { StartedAt: toRfc3339(startedAtMs) }),
    ...(failure === "" ? {} : { Message: failure }),
    ...(jobId === "" ? {} : { ServiceID: jobId }),
  };
}

/** Docker's clients wait for states they know: a canary that waits is a pause, and its message says of which kind. */
function stateOf({ state }: UpdateStatus): string {
  return state === "CANARY" ? "paused" : state.toLowerCase();
}
