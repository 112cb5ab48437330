import type { Device, DeviceRate, DeviceRequest, HugepageLimit } from "../rpc/gen/objects.ts";

/** Devices of a host as people name them. */

/** By its name in a description of devices (Container Device Interface): vendor.example/class=name. */
const DESCRIBED =
  /^[A-Za-z](?:[\w.-]*[A-Za-z0-9])?\/[A-Za-z](?:[\w-]*[A-Za-z0-9])?=[A-Za-z0-9](?:[\w.:-]*[A-Za-z0-9])?$/;
const PERMISSIONS = /^(?!.*(.).*\1)[rwm]{1,3}$/;
/** As the kernel's cgroup v1 lists them: type, numbers, what may be done. */
const RULE = /^(?:[abc]) (?:\d{1,9}|\*):(?:\d{1,9}|\*) ((?!.*(.).*\2)[rwm]{1,3})$/;
const PAGE_SIZE = /^[1-9]\d{0,3}(?:KB|MB|GB)$/;
const GPU_DRIVERS: readonly string[] = ["", "nvidia", "amd"];
const GPU_ID = /^[A-Za-z0-9](?:[\w.:-]*[A-Za-z0-9])?$/;
const WORD = /^[a-z0-9][a-z0-9_-]*$/i;

/** Whether a device's path is a name in a description of devices rather than a path of the host. */
export function isDescribedDevice(path: string): boolean {
  return DESCRIBED.test(path);
}

/** What is wrong with a device, in one sentence; null = nothing. */
export function complaintOfDevice({ path, target, permissions }: Device): string | null {
  const shown = JSON.stringify(path);
  if (isDescribedDevice(path)) {
    return target === "" && permissions === ""
      ? null
      : `device ${shown} has its place and permissions in its description`;
  }
  if (!isPath(path)) return `invalid device ${shown}: expected an absolute path, or vendor/class=name`;
  if (target !== "" && !isPath(target)) {
    return `invalid place ${JSON.stringify(target)} of device ${shown}: expected an absolute path`;
  }
  if (permissions === "" || PERMISSIONS.test(permissions)) return null;
  return `invalid permissions ${JSON.stringify(permissions)} of device ${shown}: expected some of r, w and m`;
}

/** The same of a rule such as "c 188:* rwm". */
export function complaintOfDeviceRule(rule: string): string | null {
  if (RULE.test(rule)) return null;
  return `invalid device rule ${JSON.stringify(rule)}: expected TYPE MAJOR:MINOR PERMISSIONS, such as "c 188:* rwm"`;
}

/** The same of a number for a disk; `what` names it: "blkio weight". */
export function complaintOfRate(
  { path, rate }: DeviceRate,
  what: string,
  range: { min: number; max: number },
): string | null {
  const shown = JSON.stringify(path);
  if (!isPath(path)) return `invalid device ${shown} of a ${what}: expected an absolute path`;
  const fits = Number.isSafeInteger(rate) && rate >= range.min && rate <= range.max;
  return fits ? null : `invalid ${what} ${rate} of device ${shown}: it must be between ${range.min} and ${range.max}`;
}

/** The same of a limit of large pages. */
export function complaintOfHugepages({ pageSize, limitBytes }: HugepageLimit): string | null {
  if (!PAGE_SIZE.test(pageSize))
    return `invalid page size ${JSON.stringify(pageSize)}: expected one such as 2MB or 1GB`;
  return Number.isSafeInteger(limitBytes) ? null : `invalid limit of ${pageSize} pages: no host has that much`;
}

/** The same of a request for GPUs. */
export function complaintOfGpus({ driver, count, ids, capabilities }: DeviceRequest): string | null {
  if (!GPU_DRIVERS.includes(driver)) return `invalid GPU driver ${JSON.stringify(driver)}: expected nvidia or amd`;
  const isCounted = Number.isSafeInteger(count) && count >= -1 && count !== 0;
  if (ids.length > 0 === (count !== 0)) return "invalid request for GPUs: give either their number or their names";
  if (ids.length === 0 && !isCounted) return `invalid number of GPUs ${count}: expected a number, or all`;
  const unknown = ids.find((id) => !GPU_ID.test(id));
  if (unknown !== undefined) return `invalid GPU ${JSON.stringify(unknown)}: expected its number or UUID`;
  const odd = capabilities.find((word) => !WORD.test(word));
  return odd === undefined
    ? null
    : `invalid capability ${JSON.stringify(odd)} of GPUs: expected a word such as compute`;
}

/** Absolute, without "." and "..": what is written is what is meant. */
function isPath(path: string): boolean {
  return /^(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/.test(path) && path.length <= PATH_LENGTH_MAX;
}
const PATH_LENGTH_MAX = 4_095;
