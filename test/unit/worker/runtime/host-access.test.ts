import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  complaintOfDevice,
  complaintOfDeviceRule,
  complaintOfGpus,
  complaintOfHugepages,
} from "../../../../shared/linux/devices.ts";
import { parseNumberList } from "../../../../shared/linux/number-list.ts";
import { complaintOfProfile } from "../../../../shared/linux/seccomp-profile.ts";
import { storageBytes } from "../../../../shared/objects/storage-options.ts";
import { parseDevice, parseGpus } from "../../../../swarmctl/parse/devices.ts";
import { appArmorProfile } from "../../../../worker/runtime/apparmor.ts";
import { UNKNOWN_CAPACITY } from "../../../../worker/runtime/host-capacity.ts";
import { checkSysctls, namespacesOf } from "../../../../worker/runtime/namespaces.ts";
import { deviceRules } from "../../../../worker/runtime/oci-devices.ts";
import { programOf } from "../../../../worker/runtime/oci-runtimes.ts";
import { customProfile } from "../../../../worker/runtime/seccomp-custom.ts";

describe("devices as people write them", () => {
  const table: readonly (readonly [string, readonly [string, string, string]])[] = [
    ["/dev/a", ["/dev/a", "", ""]],
    ["/dev/a:/dev/b", ["/dev/a", "/dev/b", ""]],
    ["/dev/a:rw", ["/dev/a", "", "rw"]],
    ["/dev/a:/dev/b:m", ["/dev/a", "/dev/b", "m"]],
    ["vendor.test/gpu=0", ["vendor.test/gpu=0", "", ""]],
  ];
  for (const [text, [path, target, permissions]] of table) {
    it(text, () => assert.deepEqual(parseDevice(text), { path, target, permissions }));
  }

  it("are refused if they are none", () => {
    for (const text of ["a", "/dev/../etc", "/dev/a:x", "/dev/a:/dev/b:rr", "/dev/a:b:c", "/dev/a:/b:r:w", "/dev//a"]) {
      assert.throws(() => parseDevice(text), /invalid/, text);
    }
    assert.match(complaintOfDevice({ path: "a/b=c", target: "/x", permissions: "" }) ?? "", /in its description/);
    for (const rule of ["c 1:3", "d 1:3 r", "c 1:3 rr", "c *:* rwmx", "c 1:3 r\n", "c  1:3 r"]) {
      assert.match(complaintOfDeviceRule(rule) ?? "", /invalid device rule/, rule);
    }
    assert.match(complaintOfHugepages({ pageSize: "2M", limitBytes: 1 }) ?? "", /invalid page size/);
  });

  it("may be GPUs, by number or name", () => {
    assert.deepEqual(parseGpus("all", "--gpus").count, -1);
    assert.deepEqual(parseGpus('"device=0,UUID-2",driver=nvidia', "--gpus").ids, ["0", "UUID-2"]);
    assert.deepEqual(parseGpus("2,capabilities=compute", "--gpus").capabilities, ["gpu", "compute"]);
    for (const text of ["0x", "device=../a", "count=1,device=0", "driver=intel", "size=3"]) {
      assert.throws(() => parseGpus(text, "--gpus"), /invalid/, text);
    }
    assert.match(complaintOfGpus({ driver: "", count: 0, ids: [], capabilities: [] }) ?? "", /either/);
  });

  it("become rules after one that closes all others, or one that opens all", () => {
    assert.deepEqual(deviceRules([], ["c 188:* rw"], false), [
      { allow: false, access: "rwm" },
      { allow: true, type: "c", major: 188, access: "rw" },
    ]);
    assert.deepEqual(deviceRules([], [], true), [{ allow: true, access: "rwm" }]);
  });
});

describe("a filter that people wrote", () => {
  const context = { capabilities: ["CAP_SYS_ADMIN"], architecture: "x64", kernel: "6.1.0-18-amd64" };
  const namesOf = (rules: readonly object[]): readonly string[] =>
    customProfile(JSON.stringify({ defaultAction: "SCMP_ACT_ERRNO", syscalls: rules }), context).syscalls.flatMap(
      ({ names }) => names,
    );
  const rule = (name: string, conditions: object) => ({ names: [name], action: "SCMP_ACT_ALLOW", ...conditions });

  it("holds as far as its conditions do", () => {
    assert.deepEqual(
      namesOf([
        rule("a", {}),
        rule("b", { includes: { caps: ["CAP_SYS_ADMIN"] } }),
        rule("c", { includes: { caps: ["CAP_SYS_ADMIN", "CAP_BPF"] } }),
        rule("d", { excludes: { caps: ["CAP_SYS_ADMIN"] } }),
        rule("e", { includes: { arches: ["amd64"] } }),
        rule("f", { includes: { arches: ["arm64"] } }),
        rule("g", { includes: { minKernel: "4.8" } }),
        rule("h", { includes: { minKernel: "6.10" } }),
        rule("i", { excludes: { minKernel: "6.1" } }),
      ]),
      ["a", "b", "e", "g"],
    );
  });

  it("has the host's architectures, and keeps numbers that JavaScript cannot hold", () => {
    const archMap = [
      { architecture: "SCMP_ARCH_AARCH64", subArchitectures: ["SCMP_ARCH_ARM"] },
      { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] },
    ];
    const text = JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", archMap, syscalls: [] });
    assert.deepEqual(customProfile(text, context).architectures, ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]);
    const large = `{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}`;
    assert.match(JSON.stringify(customProfile(large, context)), /18446744073709551615/);
  });

  it("is refused with what is wrong, whatever it is", () => {
    const odd: readonly (readonly [string, RegExp])[] = [
      ["{", /is not JSON/],
      ["[]", /no object/],
      ["null", /no object/],
      ["{}", /no valid defaultAction/],
      [`{"defaultAction":"SCMP_ACT_NOTIFY"}`, /no valid defaultAction/],
      [`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":{}}`, /no list of rules/],
      [`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[null]}`, /no list of rules/],
      [`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{}]}`, /rule 1 .* no list of names/],
      [`{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"]}]}`, /rule 1 .* no valid action/],
      [`{"defaultAction":"SCMP_ACT_ALLOW","archMap":5}`, /archMap/],
      [`{"defaultAction":"SCMP_ACT_ALLOW","architectures":["x86"]}`, /SCMP_ARCH/],
    ];
    for (const [text, sentence] of odd) assert.match(complaintOfProfile(text) ?? "accepted", sentence, text);
  });
});

describe("what a container shares with its host", () => {
  const modes = { pidMode: "", ipcMode: "", utsMode: "", cgroupMode: "" };
  const typesOf = (part: Partial<typeof modes>, network: string | null = "/n", isUnified = true): readonly string[] =>
    namespacesOf({ modes: { ...modes, ...part }, network, host: { isUnified } }).map(({ type }) => type);

  it("is nothing unless said, but control groups of version 1", () => {
    assert.deepEqual(typesOf({}), ["pid", "ipc", "uts", "mount", "cgroup", "network"]);
    assert.deepEqual(typesOf({}, "/n", false), ["pid", "ipc", "uts", "mount", "network"]);
    assert.deepEqual(typesOf({ pidMode: "host", ipcMode: "host", utsMode: "host", cgroupMode: "host" }, null), [
      "mount",
    ]);
  });

  it("may also be another container's", () => {
    const joined = { pid: "/proc/7/ns/pid" };
    const [pid] = namespacesOf({ modes, network: null, joined, host: { isUnified: true } });
    assert.deepEqual(pid, { type: "pid", path: "/proc/7/ns/pid" });
  });

  it("has settings that a container cannot change", () => {
    const namespaces = namespacesOf({ modes: { ...modes, ipcMode: "host" }, network: null, host: { isUnified: true } });
    assert.throws(() => checkSysctls({ "net.core.somaxconn": "1" }, namespaces), /task on the host network/);
    assert.throws(() => checkSysctls({ "kernel.msgmax": "1" }, namespaces), /--ipc host/);
  });
});

it("an AppArmor profile is the one that was asked for, the default where it is loaded, or none", async () => {
  const host = (enabled: string | null, profiles = "") => ({
    readText: async (path: string) => (path.endsWith("enabled") ? enabled : profiles),
  });
  const loaded = host("Y\n", "swarm-default (enforce)\nmine (complain)\n");
  assert.equal(await appArmorProfile("", false, loaded, "h1"), "swarm-default");
  assert.equal(await appArmorProfile("mine", true, loaded, "h1"), "mine");
  assert.equal(await appArmorProfile("", true, loaded, "h1"), "", "privileged");
  assert.equal(await appArmorProfile("unconfined", false, loaded, "h1"), "");
  assert.equal(await appArmorProfile("", false, host("Y"), "h1"), "");
  assert.equal(await appArmorProfile("", false, host(null), "h1"), "");
  await assert.rejects(appArmorProfile("mine", false, host("N"), "h1"), /h1 has no AppArmor to apply/);
  await assert.rejects(appArmorProfile("yours", false, loaded, "h1"), /no AppArmor profile yours: load it/);
});

it("a runtime is a name that the host was given, never a program", () => {
  const runtimes = { usual: "/usr/bin/crun", named: new Map([["kata", "/opt/kata"]]) };
  const found = ["", "crun", "runc", "kata"].map((name) => programOf(name, runtimes, "h1"));
  assert.deepEqual(found, ["/usr/bin/crun", "/usr/bin/crun", "runc", "/opt/kata"]);
  assert.throws(() => programOf("/bin/sh", runtimes, "h1"), /h1 knows no OCI runtime \/bin\/sh, only crun, runc, kata/);
});

it("lists of numbers and sizes are read, or refused", () => {
  assert.deepEqual(parseNumberList("0-2,5,1"), [0, 1, 2, 5]);
  for (const text of ["", "a", "3-1", "0-99999", "1,", "-1"]) assert.equal(parseNumberList(text), null, text);
  assert.equal(storageBytes({}), null);
  assert.equal(storageBytes({ size: "2g" }), 2 ** 31);
  assert.throws(() => storageBytes({ size: "lots" }), /invalid storage size "lots"/);
  assert.throws(() => storageBytes({ inodes: "5" }), /invalid storage option "inodes"/);
  assert.equal(UNKNOWN_CAPACITY.controls.has("rt"), true);
});
