import { SwarmError } from "../../shared/errors.ts";
import type { ContainerSpec } from "../../shared/rpc/gen/objects.ts";
import type { HostCapacity } from "./host-capacity.ts";

/** A namespace as the OCI configuration lists it: a new one, or an existing one by its path. */
export interface OciNamespace {
  readonly type: "pid" | "ipc" | "uts" | "mount" | "cgroup" | "network";
  readonly path?: string;
}

export interface NamespaceRequest {
  readonly modes: Pick<ContainerSpec, "pidMode" | "ipcMode" | "utsMode" | "cgroupMode">;
  /** Path of its network namespace; null = the host's. */
  readonly network: string | null;
  /** Paths of the namespaces of other containers that it shares; absent = none. */
  readonly joined?: { readonly pid?: string; readonly ipc?: string };
  readonly host: Pick<HostCapacity, "isUnified">;
}

/** Namespaces that are not listed are the host's. */
export function namespacesOf({ modes, network, joined = {}, host }: NamespaceRequest): readonly OciNamespace[] {
  const { pidMode, ipcMode, utsMode, cgroupMode } = modes;
  const own = (type: OciNamespace["type"], isOwn: boolean, path?: string): readonly OciNamespace[] => {
    if (path !== undefined) return [{ type, path }];
    return isOwn ? [{ type }] : [];
  };
  return [
    ...own("pid", pidMode !== "host", joined.pid),
    ...own("ipc", ipcMode !== "host", joined.ipc),
    ...own("uts", utsMode !== "host"),
    ...own("mount", true),
    ...own("cgroup", (cgroupMode || (host.isUnified ? "private" : "host")) === "private"),
    ...(network === null ? [] : [{ type: "network", path: network } as const]),
  ];
}

/**
 * Kernel settings of a namespace that is the host's would change the host.
 * @throws SwarmError invalidArgument.
 */
export function checkSysctls(sysctls: Readonly<Record<string, string>>, namespaces: readonly OciNamespace[]): void {
  const has = (wanted: OciNamespace["type"]): boolean => namespaces.some(({ type }) => type === wanted);
  const names = Object.keys(sysctls);
  const ofNetwork = has("network") ? undefined : names.find((name) => name.startsWith("net."));
  if (ofNetwork !== undefined) {
    throw new SwarmError(
      "invalidArgument",
      `sysctl ${ofNetwork} is the host's own: a task on the host network cannot set it`,
    );
  }
  const ofIpc = has("ipc") ? undefined : names.find((name) => !name.startsWith("net."));
  if (ofIpc !== undefined) {
    throw new SwarmError(
      "invalidArgument",
      `sysctl ${ofIpc} is the host's own: a container with --ipc host cannot set it`,
    );
  }
}
