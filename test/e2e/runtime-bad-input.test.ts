/** What cannot be made is refused with a sentence that a person can act on, and nothing of it is left. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mustHave } from "../../shared/invariant.ts";
import type { TaskSpec } from "../../shared/objects/types.ts";
import type { ContainerSpec, ResourceControls } from "../../shared/rpc/gen/objects.ts";
import { emptySpec } from "../../shared/service-spec/paths.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { createMount, createResources } from "../support/objects.ts";
import { NEVER, type RuntimeFixture, useRuntime } from "./runtime-fixture.ts";

const quiet = (): void => {};
const controls = (part: Partial<ResourceControls>): Partial<TaskSpec> => ({
  controls: { ...mustHave(emptySpec().task?.controls, "empty controls"), ...part },
});
const bind = (source: string, target: string) => createMount({ type: "BIND", source, target });
const program = (...words: readonly string[]): Partial<ContainerSpec> => ({ command: words });

const ROWS: readonly (readonly [string, Partial<ContainerSpec>, Partial<TaskSpec>, RegExp])[] = [
  [
    "a user that is not in the image",
    { user: "nobody-here" },
    {},
    /user "nobody-here" is not in the image's \/etc\/passwd/,
  ],
  [
    "a group that is not in the image",
    { user: "root:nogroup" },
    {},
    /group "nogroup" is not in the image's \/etc\/group/,
  ],
  ["a further group that is not there", { groups: ["nogroup"] }, {}, /group "nogroup" is not in/],
  ["an entrypoint that is taken away", program(""), {}, /has no command: give one in the service/],
  ["a program that is not there", program("/no/such"), {}, /the image has no program "\/no\/such"/],
  ["a name that is not in PATH", program("frobnicate"), {}, /the image has no program "frobnicate"/],
  [
    "a file that is not executable",
    program("/srv/top.txt"),
    {},
    /program of the image is not executable, or a directory/,
  ],
  ["a directory as a program", program("/srv"), {}, /program of the image is not executable, or a directory/],
  [
    "a working directory that is a file",
    { dir: "/srv/top.txt" },
    {},
    /its working directory "\/srv\/top.txt" is no directory/,
  ],
  [
    "a mount of a path that is missing",
    { mounts: [bind("/no/such/path", "/x")] },
    {},
    /\/no\/such\/path.*does not exist/,
  ],
  [
    "more CPUs than there are",
    {},
    { limits: createResources({ nanoCpus: 9_999e9 }) },
    /9999 CPUs is more than this host has/,
  ],
  ["CPUs that are not there", {}, controls({ cpusetCpus: "0,999" }), /has no CPUs 0,999: it has 0/],
  ["memory nodes that are not there", {}, controls({ cpusetMems: "7" }), /has no memory nodes 7: it has 0$/],
  [
    "a device that is not there",
    { devices: [{ path: "/dev/nope", target: "", permissions: "" }] },
    {},
    /has no device \/dev\/nope: there is none; run it on a node that has it$/,
  ],
  [
    "a device that is none",
    { devices: [{ path: "/etc/hostname", target: "", permissions: "" }] },
    {},
    /what is there is no device/,
  ],
  [
    "a device that nobody describes",
    { devices: [{ path: "test.example/x=1", target: "", permissions: "" }] },
    {},
    /has no device test.example\/x=1: it is not described in/,
  ],
  [
    "GPUs where there are none",
    { gpus: [{ driver: "", count: 1, ids: [], capabilities: ["gpu"] }] },
    {},
    /has no GPUs: no description of nvidia.com\/gpu or amd.com\/gpu/,
  ],
  ["a disk that is none", {}, controls({ readBps: [{ path: "/dev/null", rate: 1 }] }), /has no disk \/dev\/null/],
  [
    "a runtime that the host does not know",
    { runtime: "kata" },
    {},
    /knows no OCI runtime kata, only crun, runc.*--add-runtime kata=PROGRAM/,
  ],
  ["a profile without AppArmor", { apparmor: "mine" }, {}, /has no AppArmor/],
  [
    "a page size that the kernel does not have",
    {},
    controls({ hugepages: [{ pageSize: "3MB", limitBytes: 1 }] }),
    /3MB/,
  ],
  [
    "a kernel setting of the host's",
    { ipcMode: "host", sysctls: { "kernel.msgmax": "1" } },
    {},
    /sysctl kernel.msgmax is the host's own/,
  ],
  ["a kernel setting that is none", { sysctls: { "net.no.such": "1" } }, {}, /net[./]no[./]such/],
];

describe("what a host cannot make", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  useRuntime((made) => {
    ({ fixture, executor } = made);
  });

  for (const [title, container, spec, sentence] of ROWS) {
    it(title, async () => {
      const task = fixture.task(container.command === undefined ? "true" : "", container, spec);
      const attempt = async (): Promise<void> => {
        await executor.prepare(task, NEVER, quiet);
        await executor.start(task, NEVER);
      };
      const error = await attempt().then(
        () => null,
        (refusal: Error) => refusal,
      );
      await executor.remove(task.id);
      assert.match(error?.message ?? "accepted", sentence);
      assert.doesNotMatch(error?.message ?? "", /\n/, "one sentence");
      assert.deepEqual(fixture.leftovers(), []);
    });
  }
});
