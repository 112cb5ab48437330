import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { validateServiceSpec } from "../../../../manager/api/validate-service.ts";
import { mustHave } from "../../../../shared/invariant.ts";
import type { TaskSpec } from "../../../../shared/objects/types.ts";
import type { ContainerSpec, ResourceControls } from "../../../../shared/rpc/gen/objects.ts";
import { emptySpec } from "../../../../shared/service-spec/paths.ts";
import { createContainerSpec, createResources, createServiceSpec, createTaskSpec } from "../../../support/objects.ts";

const NONE = mustHave(emptySpec().task?.controls, "empty controls");
const controls = (part: Partial<ResourceControls>, spec: Partial<TaskSpec> = {}): Partial<TaskSpec> => ({
  ...spec,
  controls: { ...NONE, ...part },
});
const container = (part: Partial<ContainerSpec>): Partial<TaskSpec> => ({ container: createContainerSpec(part) });
const device = (path: string, target = "", permissions = "") => ({ path, target, permissions });
const rate = (path: string, number: number) => ({ path, rate: number });
const check = (part: Partial<TaskSpec>): void => validateServiceSpec(createServiceSpec({ task: createTaskSpec(part) }));

const REFUSED: readonly (readonly [string, Partial<TaskSpec>, RegExp])[] = [
  [
    "a device without a path",
    container({ devices: [device("tty")] }),
    /invalid device "tty": expected an absolute path/,
  ],
  ["a device by ..", container({ devices: [device("/dev/../etc")] }), /invalid device/],
  ["a device's odd permissions", container({ devices: [device("/dev/a", "", "rwx")] }), /permissions "rwx"/],
  [
    "two devices in one place",
    container({ devices: [device("/dev/a", "/dev/b"), device("/dev/b")] }),
    /two devices .* \/dev\/b/,
  ],
  ["a rule that is none", container({ deviceRules: ["c 1 rwm"] }), /invalid device rule "c 1 rwm"/],
  ["an odd mode of PIDs", container({ pidMode: "hots" }), /invalid PID mode "hots": expected private or host/],
  ["another task's PIDs", container({ pidMode: "container:web" }), /tasks share no namespace with each other/],
  ["another task's memory", container({ ipcMode: "container:web" }), /tasks share no namespace with each other/],
  ["mapped user ids", container({ userMode: "auto" }), /invalid user namespace mode "auto": expected host/],
  ["a runtime by path", container({ runtime: "/bin/sh" }), /invalid OCI runtime "\/bin\/sh": expected the name/],
  ["a way up in the cgroups", container({ cgroupParent: "/a/../b" }), /invalid parent of its control group/],
  ["a profile's odd name", container({ apparmor: "-a b" }), /invalid AppArmor profile "-a b"/],
  ["a filter that is no JSON", container({ seccomp: { mode: "CUSTOM", profile: "{" } }), /seccomp profile is not JSON/],
  ["an unknown storage option", container({ storageOptions: { inodes: "1" } }), /invalid storage option "inodes"/],
  [
    "an order to the runtime",
    container({ annotations: { "run.oci.handler": "wasm" } }),
    /would give an order to the OCI runtime/,
  ],
  ["a domain name of two words", container({ domainname: "a b" }), /invalid domain name "a b"/],
  ["shares of 1", controls({ cpuShares: 1 }), /invalid CPU shares 1: it must be between 2 and 262144/],
  ["a quota of 999 us", controls({ cpuQuotaUs: 999 }), /invalid CPU quota 999/],
  [
    "a quota beside a limit",
    controls({ cpuQuotaUs: 5_000 }, { limits: createResources({ nanoCpus: 1e9 }) }),
    /give only one of them/,
  ],
  ["more real time than there is", controls({ cpuRtPeriodUs: 1_000, cpuRtRuntimeUs: 2_000 }), /longer than its period/],
  ["a list that is none", controls({ cpusetCpus: "0-" }), /invalid list of CPUs "0-"/],
  ["a list that goes down", controls({ cpusetCpus: "3-1" }), /invalid list "3-1"/],
  ["a weight of 9", controls({ blkioWeight: 9 }), /invalid blkio weight 9/],
  ["a disk's weight of 1001", controls({ blkioWeightDevices: [rate("/dev/a", 1_001)] }), /invalid blkio weight 1001/],
  ["a rate of 0", controls({ readBps: [rate("/dev/a", 0)] }), /invalid read rate 0/],
  ["two rates of a disk", controls({ writeIops: [rate("/dev/a", 1), rate("/dev/a", 2)] }), /given twice for \/dev\/a/],
  ["a page that is none", controls({ hugepages: [{ pageSize: "2M", limitBytes: 1 }] }), /invalid page size "2M"/],
  ["no OOM killer and no limit", controls({ oomKillDisable: true }), /give --limit-memory as well/],
];

describe("what a container wants of its host", () => {
  for (const [title, part, sentence] of REFUSED) {
    it(`${title} is refused`, () => assert.throws(() => check(part), { code: "invalidArgument", message: sentence }));
  }

  it("is accepted where no host is needed to judge it", () => {
    check({
      container: createContainerSpec({
        ...{ privileged: true, pidMode: "host", ipcMode: "host", utsMode: "host", cgroupMode: "private" },
        ...{ devices: [device("/dev/a"), device("vendor.test/gpu=0")], deviceRules: ["a *:* rwm"], apparmor: "mine" },
        ...{ runtime: "runc", cgroupParent: "batch.slice/night", annotations: { "org.test/a": "" }, userMode: "host" },
        gpus: [{ driver: "nvidia", count: -1, ids: [], capabilities: ["gpu"] }],
        seccomp: { mode: "CUSTOM", profile: `{"defaultAction":"SCMP_ACT_ALLOW"}` },
      }),
      limits: createResources({ memoryBytes: 64 << 20 }),
      controls: { ...NONE, cpuQuotaUs: 5_000, cpusetCpus: "0-2,5", oomKillDisable: true },
    });
  });
});
