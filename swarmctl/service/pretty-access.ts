import { humanBytes } from "../../shared/human-bytes.ts";
import type { Device, DeviceRate, DeviceRequest, HugepageLimit, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { ElementKind } from "../../shared/service-spec/field.ts";

/** What `service inspect --pretty` says of a container's access to its host, in the words of the flags. */

/** An element of a list about devices; null for other lists. */
export function deviceText(element: ElementKind, value: unknown): string | null {
  switch (element) {
    case "device": {
      const { path, target, permissions } = value as Device;
      return [path, target, permissions].filter((part) => part !== "").join(":");
    }
    case "gpu":
      return gpuText(value as DeviceRequest);
    case "weight":
    case "rate":
      return `${(value as DeviceRate).path}:${(value as DeviceRate).rate}`;
    case "byteRate":
      return `${(value as DeviceRate).path}:${humanBytes((value as DeviceRate).rate)}`;
    case "hugepages":
      return `${(value as HugepageLimit).pageSize}=${humanBytes((value as HugepageLimit).limitBytes)}`;
    default:
      return null;
  }
}

function gpuText({ driver, count, ids }: DeviceRequest): string {
  const which = ids.length > 0 ? `device=${ids.join(",")}` : count === -1 ? "all" : String(count);
  return driver === "" ? which : `${driver}:${which}`;
}

/** What --security-opt sets, but for what holds without it. */
export function securityTexts({ task }: ServiceSpec): readonly string[] {
  const container = task?.container;
  if (!container) return [];
  const { noNewPrivileges, seccomp, apparmor, unconfinedPaths, writableCgroups } = container;
  return [
    ...(noNewPrivileges === undefined ? [] : [`no-new-privileges=${noNewPrivileges}`]),
    ...(seccomp === null || seccomp.mode === "DEFAULT" ? [] : [`seccomp=${seccomp.mode.toLowerCase()}`]),
    ...(apparmor === "" ? [] : [`apparmor=${apparmor}`]),
    ...(unconfinedPaths ? ["systempaths=unconfined"] : []),
    ...(writableCgroups ? ["writable-cgroups=true"] : []),
  ];
}
