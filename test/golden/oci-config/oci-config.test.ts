import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TaskId } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import type { TaskSpec } from "../../../shared/objects/types.ts";
import type { ContainerSpec } from "../../../shared/rpc/gen/objects.ts";
import { emptySpec } from "../../../shared/service-spec/paths.ts";
import { containerPlan } from "../../../worker/executor/container-plan.ts";
import { containerOfTask } from "../../../worker/executor/wanted-container.ts";
import { parseImageConfig } from "../../../worker/images/image-config.ts";
import { containerPaths, sharedPaths } from "../../../worker/runtime/container-paths.ts";
import { NO_EDITS } from "../../../worker/runtime/described-devices.ts";
import type { HostFindings } from "../../../worker/runtime/host-access.ts";
import { UNKNOWN_CAPACITY } from "../../../worker/runtime/host-capacity.ts";
import { ociConfig } from "../../../worker/runtime/oci-config.ts";
import { deviceRules, type GrantedDevice } from "../../../worker/runtime/oci-devices.ts";
import { NO_DISKS } from "../../../worker/runtime/oci-resources.ts";
import type { ContainerUser } from "../../../worker/runtime/users.ts";
import { planMounts } from "../../../worker/volumes/plan-mounts.ts";
import {
  createContainerSpec,
  createMount,
  createResources,
  createService,
  createTask,
  createTaskSpec,
} from "../../support/objects.ts";

const WEB: ContainerUser = { uid: 33, gid: 33, additionalGids: [33], home: "/srv" };
const ROOT: ContainerUser = { uid: 0, gid: 0, additionalGids: [0], home: "/" };

/** A whole configuration as it would be written, without the filter (its own test) so that a person can read it. */
function configOf(
  container: Partial<ContainerSpec>,
  spec: Partial<TaskSpec>,
  imageConfig: object,
  namespacePath: string | null = "/run/netns/t1",
  found: Partial<HostFindings> = {},
): string {
  const taskSpec = createTaskSpec({ container: createContainerSpec({ image: "nginx", ...container }), ...spec });
  const task = createTask("t1", createService("web", { task: taskSpec }));
  const image = parseImageConfig(JSON.stringify({ config: imageConfig }), "nginx");
  const paths = containerPaths(sharedPaths("/data", "/run/swarm"), task.id as TaskId);
  const { mounts } = planMounts({
    key: task.id,
    mounts: task.spec.container.mounts,
    imageVolumes: image.volumes,
    volumePath: (name) => `/data/volumes/${name}/_data`,
  });
  const plan = containerPlan({
    ...{ wanted: containerOfTask(task), image, mounts, paths },
    network: { namespacePath },
    user: task.spec.container.user === "web" ? WEB : ROOT,
    cgroupParent: "/swarm",
    architecture: "x64",
    noNewPrivileges: false,
    rlimitCeiling: null,
    hostCapacity: { ...UNKNOWN_CAPACITY, canLimitSwap: true, canSetSwappiness: true },
    initProgram: "/usr/bin/catatonit",
    joined: {},
    findings: { ...NOTHING_FOUND, deviceRules: deviceRules([], [], false), ...found },
  });
  const config = ociConfig(plan) as { readonly linux: Readonly<Record<string, unknown>> };
  const { seccomp: _seccomp, ...linux } = config.linux;
  return `${JSON.stringify({ ...config, linux }, null, 2)}\n`;
}

const mount = createMount;

const NOTHING_FOUND = { devices: [], deviceRules: [], disks: NO_DISKS, appArmorProfile: "", edits: NO_EDITS };
const FUSE: GrantedDevice = {
  device: { path: "/dev/fuse", type: "c", major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 },
  access: "rw",
};

const CASES = {
  "plain.golden": () => configOf({}, {}, { Cmd: ["nginx", "-g", "daemon off;"], Env: ["PATH=/usr/sbin:/usr/bin"] }),
  // Without a namespace of its own and without a setting of one, which a runtime would refuse.
  "host-network.golden": () => configOf({ sysctls: { "kernel.msgmax": "100" } }, {}, { Cmd: ["nginx"] }, null),
  "everything.golden": () =>
    configOf(
      {
        command: ["/serve"],
        args: ["--port", "80"],
        env: ["MODE=test"],
        dir: "/srv",
        user: "web",
        hostname: "box",
        labels: { tier: "front", "run.oci.seccomp_bpf_data": "none at all", "module.wasm.image/variant": "compat" },
        readOnly: true,
        tty: true,
        init: true,
        capabilityAdd: ["NET_ADMIN"],
        capabilityDrop: ["ALL"],
        sysctls: { "net.core.somaxconn": "1000", "net.ipv4.ping_group_range": "1 0" },
        oomScoreAdj: -500,
        mounts: [
          mount({ type: "TMPFS", target: "/srv/cache/", tmpfsSizeBytes: 1 << 20, tmpfsMode: 0o700 }),
          mount({ type: "BIND", source: "/etc/ssl", target: "/ssl", readOnly: true }),
          mount({ source: "site", target: "/srv" }),
          mount({ type: "TMPFS", target: "/dev/shm", tmpfsSizeBytes: 1 << 30 }),
          mount({ type: "BIND", source: "/etc/hosts.mine", target: "/etc/hosts" }),
        ],
      },
      {
        limits: createResources({ nanoCpus: 1_500_000_000, memoryBytes: 256 << 20, pids: 100 }),
        reservations: createResources({ memoryBytes: 128 << 20 }),
        swapBytes: 64 << 20,
        memorySwappiness: 0,
      },
      { Volumes: { "/var/cache": {}, "/srv": {} } },
    ),
  "privileged.golden": () =>
    configOf({ privileged: true, pidMode: "host", ipcMode: "host", utsMode: "host" }, {}, { Cmd: ["sh"] }, null, {
      devices: [FUSE],
      deviceRules: deviceRules([FUSE], [], true),
    }),
  "host-access.golden": () =>
    configOf(
      {
        ...{ cgroupMode: "private", domainname: "corp", shmSizeBytes: 1 << 20, unconfinedPaths: true },
        ...{ seccomp: { mode: "UNCONFINED", profile: "" }, writableCgroups: true },
        annotations: { "org.test/a": "b", "run.oci.x": "never" },
      },
      {
        controls: {
          ...mustHave(emptySpec().task?.controls, "empty controls"),
          ...{ cpuShares: 512, cpuPeriodUs: 50_000, cpuQuotaUs: 25_000, cpuRtPeriodUs: 0, cpuRtRuntimeUs: 0 },
          ...{ cpusetCpus: "0-1", cpusetMems: "0", blkioWeight: 300, oomKillDisable: true },
          hugepages: [{ pageSize: "2MB", limitBytes: 4 << 20 }],
        },
        limits: createResources({ memoryBytes: 64 << 20 }),
      },
      { Cmd: ["sh"] },
      "/run/netns/t1",
      {
        appArmorProfile: "swarm-default",
        devices: [FUSE],
        deviceRules: deviceRules([FUSE], ["c 188:* rwm", "a *:* m"], false),
        disks: { ...NO_DISKS, readBps: [{ major: 8, minor: 0, rate: 1000 }] },
        edits: {
          ...NO_EDITS,
          env: ["GPU=0"],
          groups: [44],
          mounts: [
            { destination: "/usr/lib/gpu.so", type: "bind", source: "/usr/lib/gpu.so", options: ["rbind", "ro"] },
          ],
          hooks: { createContainer: [{ path: "/usr/bin/hook", args: ["hook", "x"] }] },
        },
      },
    ),
} as const;

describe("OCI configurations", () => {
  for (const [file, make] of Object.entries(CASES)) {
    it(`${file} is as it was reviewed`, () => {
      const path = join(import.meta.dirname, file);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, make());
      assert.equal(make(), readFileSync(path, "utf8"));
    });
  }
});
