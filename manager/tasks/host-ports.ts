import { holdsResources, rankOf } from "../../shared/objects/task-state.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";

/** A host-mode port, as PORT/PROTOCOL, and at which addresses of its host. */
export interface HostPort {
  readonly key: string;
  readonly hostIp: string;
}

/**
 * The host-mode ports that a task uses on its node; ports that the host chooses itself never clash.
 */
export const hostPortsOf = (task: Task): readonly HostPort[] => fixedHostPorts(task.endpoint?.ports ?? []);

export function fixedHostPorts(ports: readonly PortConfig[]): readonly HostPort[] {
  return ports
    .filter(({ publishMode, publishedPort }) => publishMode === "HOST" && publishedPort !== 0)
    .map(({ publishedPort, protocol, hostIp }) => ({ key: hostPortKey(publishedPort, protocol), hostIp }));
}

export const hostPortKey = (port: number, protocol: PortConfig["protocol"]): string => `${port}/${protocol}`;

/**
 * Whether a task uses something on its node. A global service's task has its node from the start, but uses nothing
 * there until the scheduler has confirmed it.
 */
export function isPlaced(task: Task): boolean {
  return holdsResources(task) && rankOf(task.status.state) >= rankOf("ASSIGNED");
}
