import {
  complaintOfDevice,
  complaintOfDeviceRule,
  complaintOfGpus,
  complaintOfHugepages,
  complaintOfRate,
} from "../linux/devices.ts";
import { parseNumberList } from "../linux/number-list.ts";
import { isRuntimeOrder } from "../linux/runtime-orders.ts";
import { complaintOfProfile } from "../linux/seccomp-profile.ts";
import { SPEC_LIMITS } from "../objects/limits.ts";
import { storageBytes } from "../objects/storage-options.ts";
import type { TaskSpec } from "../objects/types.ts";
import type { ContainerSpec, DeviceRate } from "../rpc/gen/objects.ts";
import { bytesOf, check, checkLimit, quoted } from "./refuse.ts";

/** AppArmor's names may be paths of programs. */
const APPARMOR = /^(?!-)[\w./:@+-]{1,255}$/;
const WEIGHT = { min: 10, max: 1_000 } as const;
const RATE = { min: 1, max: Number.MAX_SAFE_INTEGER } as const;

/**
 * How close a container comes to its host: what needs no host to be found wrong.
 * @throws SwarmError invalidArgument.
 */
export function validateHostAccess(container: ContainerSpec): void {
  const { devices, deviceRules, gpus, annotations, storageOptions, apparmor, seccomp } = container;
  for (const list of [devices, deviceRules, gpus, Object.keys(annotations), Object.keys(storageOptions)]) {
    checkLimit(SPEC_LIMITS.listed, list.length);
  }
  refuse(devices.map(complaintOfDevice));
  refuse(deviceRules.map(complaintOfDeviceRule));
  refuse(gpus.map(complaintOfGpus));
  const targets = devices.map(({ path, target }) => target || path);
  const twice = targets.find((target, at) => targets.indexOf(target) !== at);
  check(twice === undefined, `two devices have the place ${twice} in the container`);
  check(apparmor === "" || APPARMOR.test(apparmor), `invalid AppArmor profile ${quoted(apparmor)}`);
  if (seccomp?.mode === "CUSTOM") refuse([complaintOfProfile(seccomp.profile)]);
  check(!container.cgroupParent.split("/").includes(".."), "invalid parent of its control group: it contains ..");
  storageBytes(storageOptions);
  for (const [key, value] of Object.entries(annotations)) {
    check(key.trim() !== "" && !key.includes("\0") && !value.includes("\0"), `invalid annotation ${quoted(key)}`);
    check(
      !isRuntimeOrder(key),
      `annotation ${quoted(key)} would give an order to the OCI runtime: it is not passed on`,
    );
    checkLimit(SPEC_LIMITS.labelKey, bytesOf(key));
    checkLimit(SPEC_LIMITS.labelValue, bytesOf(value));
  }
}

/** Finer settings of control groups. @throws SwarmError invalidArgument. */
export function validateControls({ controls, limits }: TaskSpec): void {
  if (controls === null) return;
  const { cpuPeriodUs, cpuQuotaUs, cpuRtPeriodUs, cpuRtRuntimeUs, hugepages } = controls;
  const hasQuota = cpuPeriodUs !== 0 || cpuQuotaUs !== 0;
  const hasCpus = (limits?.nanoCpus ?? 0) > 0;
  check(!hasQuota || !hasCpus, "a CPU period or quota and a CPU limit say the same in two ways: give only one of them");
  check(cpuRtRuntimeUs === 0 || cpuRtRuntimeUs <= (cpuRtPeriodUs || DEFAULT_RT_PERIOD_US), LONG_RT);
  for (const list of [controls.cpusetCpus, controls.cpusetMems]) {
    check(list === "" || parseNumberList(list) !== null, `invalid list ${quoted(list)}: expected one such as 0-2,5`);
  }
  const rates: readonly (readonly [string, readonly DeviceRate[], { min: number; max: number }])[] = [
    ["blkio weight", controls.blkioWeightDevices, WEIGHT],
    ["read rate", controls.readBps, RATE],
    ["write rate", controls.writeBps, RATE],
    ["read rate", controls.readIops, RATE],
    ["write rate", controls.writeIops, RATE],
  ];
  for (const [what, list, range] of rates) {
    checkLimit(SPEC_LIMITS.listed, list.length);
    refuse(list.map((each) => complaintOfRate(each, what, range)));
    checkDistinct(
      what,
      list.map(({ path }) => path),
    );
  }
  checkLimit(SPEC_LIMITS.listed, hugepages.length);
  refuse(hugepages.map(complaintOfHugepages));
  checkDistinct(
    "limit of large pages",
    hugepages.map(({ pageSize }) => pageSize),
  );
  check(
    !controls.oomKillDisable || (limits?.memoryBytes ?? 0) > 0,
    "without a memory limit it would take the memory of the whole host: give --limit-memory as well as --oom-kill-disable",
  );
}

/** The kernel's default, a second. */
const DEFAULT_RT_PERIOD_US = 1_000_000;
const LONG_RT = "the real-time CPU time is longer than its period";

function checkDistinct(what: string, keys: readonly string[]): void {
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  check(twice === undefined, `a ${what} is given twice for ${twice}`);
}

/** @throws SwarmError invalidArgument with the first complaint. */
function refuse(complaints: readonly (string | null)[]): void {
  const first = complaints.find((complaint) => complaint !== null);
  check(first === undefined, first ?? "");
}
