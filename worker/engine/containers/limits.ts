import { isEmpty } from "../../../shared/docker-shape/common.ts";
import { mustHave } from "../../../shared/invariant.ts";
import type { ContainerConfig, UpdateContainerRequest } from "../../../shared/rpc/gen/containers.ts";
import type { ResourceControls, TaskSpec } from "../../../shared/rpc/gen/objects.ts";
import { emptySpec } from "../../../shared/service-spec/paths.ts";
import { check } from "../../../shared/spec-checks/refuse.ts";
import type { HostCapacity } from "../../runtime/host-capacity.ts";
import { NO_DISKS, ociResources } from "../../runtime/oci-resources.ts";

/** The limits that a change sets, in the OCI configuration's words; null = it sets none. */
export function resourcesOf(
  { nanoCpus, memoryBytes, memoryReservationBytes, swapBytes, pids, controls }: UpdateContainerRequest,
  config: ContainerConfig,
  host: Pick<HostCapacity, "canLimitSwap" | "canSetSwappiness">,
): Readonly<Record<string, unknown>> | null {
  const given = [nanoCpus, memoryBytes, memoryReservationBytes, swapBytes, pids];
  if (given.every((each) => each === undefined) && controls === null) return null;
  const task = mustHave(config.task, "the task of a configuration");
  const { devices: _devices, ...limits } = ociResources({ ...task, devices: [], disks: NO_DISKS, host });
  return limits;
}

/** The other controls of a container are about devices, which it has from its start to its end. */
const CHANGEABLE: ReadonlySet<string> = new Set<keyof ResourceControls>([
  ...(["cpuShares", "cpuPeriodUs", "cpuQuotaUs", "cpusetCpus", "cpusetMems", "blkioWeight"] as const),
]);

/** The controls of a task with those that a change sets. @throws SwarmError invalidArgument. */
export function changedControls(
  before: TaskSpec["controls"],
  { controls }: UpdateContainerRequest,
): TaskSpec["controls"] {
  if (controls === null) return before;
  const set = Object.entries(controls).filter(([, value]) => !isEmpty(value));
  const fixed = set.find(([key]) => !CHANGEABLE.has(key));
  check(
    fixed === undefined,
    () => `${fixed?.[0]} cannot be changed: make the container again to give it another value`,
  );
  const empty = mustHave(emptySpec().task?.controls, "empty controls");
  return { ...(before ?? empty), ...Object.fromEntries(set) };
}
