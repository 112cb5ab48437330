import { unreachable } from "../invariant.ts";
import type { Device, DeviceRate, DeviceRequest, HugepageLimit } from "../rpc/gen/objects.ts";
import type { ElementKind } from "../service-spec/field.ts";
import type { DockerJson } from "./common.ts";
import { eachElement, type ListShape } from "./list-shape.ts";

type DeviceKind = Extract<ElementKind, "device" | "weight" | "rate" | "byteRate" | "hugepages" | "gpu">;

/** Lists about devices and what they may be used for, as in Docker's HostConfig. */
export function deviceShape(kind: DeviceKind): ListShape {
  switch (kind) {
    case "device":
      return eachElement<Device>(
        ({ path, target, permissions }) => ({
          PathOnHost: path,
          PathInContainer: target || path,
          CgroupPermissions: permissions || "rwm",
        }),
        fromDockerDevice,
      );
    case "weight":
      return deviceRates("Weight");
    case "rate":
    case "byteRate":
      return deviceRates("Rate");
    case "hugepages":
      return eachElement<HugepageLimit>(
        ({ pageSize, limitBytes }) => ({ PageSize: pageSize, Limit: limitBytes }),
        (json) => ({ pageSize: String(json["PageSize"] ?? ""), limitBytes: Number(json["Limit"] ?? 0) }),
      );
    case "gpu":
      return eachElement<DeviceRequest>(
        ({ driver, count, ids, capabilities }) => ({
          Driver: driver,
          Count: count,
          DeviceIDs: ids.length === 0 ? null : ids,
          Capabilities: [capabilities],
          Options: {},
        }),
        (json) => ({
          driver: String(json["Driver"] ?? ""),
          count: Number(json["Count"] ?? 0),
          ids: (json["DeviceIDs"] ?? []) as readonly string[],
          capabilities: ((json["Capabilities"] ?? []) as readonly (readonly string[])[])[0] ?? [],
        }),
      );
    default:
      return unreachable(kind);
  }
}

function deviceRates(word: string): ListShape {
  return eachElement<DeviceRate>(
    ({ path, rate }) => ({ Path: path, [word]: rate }),
    (json) => ({ path: String(json["Path"] ?? ""), rate: Number(json[word] ?? 0) }),
  );
}

/** What was filled in by `toDocker` was not said. */
function fromDockerDevice(json: DockerJson): Device {
  const path = String(json["PathOnHost"] ?? "");
  const target = String(json["PathInContainer"] ?? "");
  const permissions = String(json["CgroupPermissions"] ?? "");
  return { path, target: target === path ? "" : target, permissions: permissions === "rwm" ? "" : permissions };
}
