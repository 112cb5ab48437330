import type { DeviceWish } from "../../../shared/compose/deploy.ts";
import type { ComposeService } from "../../../shared/compose/service.ts";
import type { Device, DeviceRequest } from "../../../shared/rpc/gen/objects.ts";
import type { Reading } from "./field-row.ts";

const ALL_PERMISSIONS = "rwm";

/** Written as the command line writes the same device, so that both make the same spec. */
export function devicesOf({ devices }: ComposeService): readonly Device[] {
  return devices.map(({ source, target, permissions }) => ({
    path: source,
    target: target === source ? "" : target,
    permissions: permissions === ALL_PERMISSIONS ? "" : permissions,
  }));
}

/** What `gpus` and `deploy.resources.reservations.devices` ask for. */
export function gpusOf({ service, notes, path }: Reading): readonly DeviceRequest[] {
  const reserved = service.deploy?.reservations?.devices ?? [];
  const at = (wish: DeviceWish): readonly string[] =>
    reserved.includes(wish) ? [...path, "deploy", "resources", "reservations", "devices"] : [...path, "gpus"];
  return [...service.gpus, ...reserved].flatMap((wish) => {
    if (!reserved.includes(wish) || wish.capabilities.includes("gpu")) {
      if (wish.options.size > 0)
        notes.unsupported(at(wish), "options of devices are not supported: no host reads them");
      return [requestOf(wish)];
    }
    const words = wish.capabilities.join(", ");
    notes.unsupported(at(wish), `devices that are ${words} are not supported: only those that are gpu`);
    return [];
  });
}

function requestOf({ driver, count, deviceIds, capabilities }: DeviceWish): DeviceRequest {
  return {
    driver: driver ?? "",
    // All, where a file does not say how many or which.
    count: deviceIds.length > 0 ? 0 : (count ?? -1),
    ids: deviceIds,
    capabilities: [...new Set(["gpu", ...capabilities])],
  };
}
