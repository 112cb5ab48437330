import { mustHave } from "../../../shared/invariant.ts";
import type { ContainerConfig, UpdateContainerRequest } from "../../../shared/rpc/gen/containers.ts";
import { UNKNOWN_CAPACITY } from "../../runtime/host-capacity.ts";
import { NO_DISKS, ociResources } from "../../runtime/oci-resources.ts";

/** The limits that a change sets, in the OCI configuration's words; null = it sets none. */
export function resourcesOf(
  { nanoCpus, memoryBytes, memoryReservationBytes, swapBytes, pids }: UpdateContainerRequest,
  config: ContainerConfig,
): Readonly<Record<string, unknown>> | null {
  const given = [nanoCpus, memoryBytes, memoryReservationBytes, swapBytes, pids];
  if (given.every((each) => each === undefined)) return null;
  const task = mustHave(config.task, "the task of a configuration");
  const { devices: _devices, ...limits } = ociResources({
    ...task,
    devices: [],
    disks: NO_DISKS,
    host: UNKNOWN_CAPACITY,
  });
  return limits;
}
