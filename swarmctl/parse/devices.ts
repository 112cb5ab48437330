import type { SwarmError } from "../../shared/errors.ts";
import {
  complaintOfDevice,
  complaintOfGpus,
  complaintOfHugepages,
  isDescribedDevice,
} from "../../shared/linux/devices.ts";
import type { Device, DeviceRate, DeviceRequest, HugepageLimit } from "../../shared/rpc/gen/objects.ts";
import { parseBytes } from "../../shared/run-text/bytes.ts";
import { splitCsv } from "./csv.ts";
import { parseWhole } from "./numbers.ts";
import { usageError } from "./usage.ts";

/** `/dev/a[:/dev/b][:rwm]`, or a name in a description of devices. @throws SwarmError invalidArgument. */
export function parseDevice(text: string): Device {
  const device = isDescribedDevice(text) ? { path: text, target: "", permissions: "" } : devicePath(text);
  const complaint = complaintOfDevice(device);
  if (complaint !== null) throw usageError(complaint);
  return device;
}

/** Of two parts the second is a place if it is absolute, otherwise permissions; as in Docker. */
function devicePath(text: string): Device {
  const [path = "", second = "", third, ...rest] = text.split(":");
  if (rest.length > 0) throw usageError(`invalid device "${text}": expected PATH[:PATH][:PERMISSIONS]`);
  if (third !== undefined) return { path, target: second, permissions: third };
  return second.startsWith("/") ? { path, target: second, permissions: "" } : { path, target: "", permissions: second };
}

/** `/dev/sda:NUMBER`, where the number may be a size if `inBytes`. @throws SwarmError naming the flag. */
export function parseRate(text: string, flag: string, inBytes: boolean): DeviceRate {
  const at = text.lastIndexOf(":");
  if (at < 0) throw usageError(`invalid ${flag} "${text}": expected PATH:${inBytes ? "SIZE" : "NUMBER"}`);
  const number = text.slice(at + 1);
  return { path: text.slice(0, at), rate: inBytes ? parseBytes(number, flag) : parseWhole(number, flag, { min: 1 }) };
}

/** `2MB=64m`. @throws SwarmError naming the flag. */
export function parseHugepages(text: string, flag: string): HugepageLimit {
  const [pageSize = "", size, ...rest] = text.split("=");
  if (size === undefined || rest.length > 0) {
    throw usageError(`invalid ${flag} "${text}": expected PAGE=SIZE, such as 2MB=64m`);
  }
  const limit = { pageSize, limitBytes: parseBytes(size, flag) };
  const complaint = complaintOfHugepages(limit);
  if (complaint !== null) throw usageError(complaint);
  return limit;
}

/** Docker's words: `all`, a number, or fields `count=`, `"device=0,1"`, `driver=`, `capabilities=`. */
export function parseGpus(text: string, flag: string): DeviceRequest {
  const request = { driver: "", count: 0, ids: [] as readonly string[], capabilities: ["gpu"] as readonly string[] };
  for (const [at, field] of splitCsv(text, flag).entries()) {
    const equals = field.indexOf("=");
    const [key, value] = equals < 0 ? ["count", field] : [field.slice(0, equals), field.slice(equals + 1)];
    if (equals < 0 && at > 0) throw usageError(`invalid ${flag} "${text}": "${field}" is no key=value`);
    switch (key) {
      case "count":
        if (value !== "all" && !/^(?:-1|\d+)$/.test(value)) throw wrongGpus(text, flag);
        request.count = value === "all" ? -1 : Number(value);
        break;
      case "device":
        request.ids = value.split(",");
        break;
      case "driver":
        request.driver = value;
        break;
      case "capabilities":
        request.capabilities = [...new Set(["gpu", ...value.split(",")])];
        break;
      default:
        throw wrongGpus(text, flag);
    }
  }
  // As in Docker, what says neither how many nor which wants one.
  if (request.count === 0 && request.ids.length === 0) request.count = 1;
  const complaint = complaintOfGpus(request);
  if (complaint !== null) throw usageError(complaint);
  return request;
}

const wrongGpus = (text: string, flag: string): SwarmError =>
  usageError(`invalid ${flag} "${text}": expected all, a number, or count=, device=, driver=, capabilities=`);
