import assert from "node:assert/strict";
import { it } from "node:test";
import { deviceText, securityTexts } from "../../../../swarmctl/service/pretty-access.ts";
import { createContainerSpec, createServiceSpec, createTaskSpec } from "../../../support/objects.ts";

it("lists about devices are shown in the words of their flags", () => {
  const device = { path: "/dev/a", target: "", permissions: "rw" };
  const gpus = { driver: "", count: -1, ids: [], capabilities: ["gpu"] };
  assert.equal(deviceText("device", device), "/dev/a:rw");
  assert.equal(deviceText("gpu", gpus), "all");
  assert.equal(deviceText("gpu", { ...gpus, driver: "nvidia", count: 0, ids: ["0", "1"] }), "nvidia:device=0,1");
  assert.equal(deviceText("rate", { path: "/dev/a", rate: 7 }), "/dev/a:7");
  assert.equal(deviceText("byteRate", { path: "/dev/a", rate: 1 << 20 }), "/dev/a:1MiB");
  assert.equal(deviceText("hugepages", { pageSize: "2MB", limitBytes: 64 << 20 }), "2MB=64MiB");
  assert.equal(deviceText("label", "x"), null);
});

it("security options are shown where they were given", () => {
  const textsOf = (part: Parameters<typeof createContainerSpec>[0]): readonly string[] =>
    securityTexts(createServiceSpec({ task: createTaskSpec({ container: createContainerSpec(part) }) }));
  assert.deepEqual(textsOf({}), []);
  assert.deepEqual(
    textsOf({ noNewPrivileges: false, seccomp: { mode: "UNCONFINED", profile: "" }, apparmor: "mine" }),
    ["no-new-privileges=false", "seccomp=unconfined", "apparmor=mine"],
  );
  assert.deepEqual(textsOf({ unconfinedPaths: true, writableCgroups: true }), [
    "systempaths=unconfined",
    "writable-cgroups=true",
  ]);
});
