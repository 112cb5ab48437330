import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, it } from "node:test";

const SCRIPT = join(import.meta.dirname, "../../../packaging/prepare-host");
const PROFILE = join(dirname(SCRIPT), "swarm-default.apparmor");
const ENABLED = "sys/module/apparmor/parameters/enabled";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "prepare-host-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What the script runs on a host with these files. Programs that only say how they were called stand in its place. */
function prepared(files: Readonly<Record<string, string>>): readonly string[] {
  const root = join(directory, "root");
  for (const [path, text] of Object.entries(files)) write(join(root, path), text);
  const said = join(directory, "said");
  writeFileSync(said, "");
  for (const program of ["modprobe", "mount", "apparmor_parser"]) {
    const path = join(directory, "bin", program);
    write(path, `#!/bin/sh\necho "${program} $*" >>${said}\n`);
    chmodSync(path, 0o755);
  }
  const PATH = `${join(directory, "bin")}:/usr/bin:/bin`;
  // Installed, the profile is beside the directory of the script.
  const installed = join(directory, "lib");
  write(join(installed, "bin/prepare-host"), readFileSync(SCRIPT, "utf8"));
  write(join(installed, "swarm-default.apparmor"), readFileSync(PROFILE, "utf8"));
  execFileSync("sh", [join(installed, "bin/prepare-host")], { env: { PATH, PREPARE_ROOT: root } });
  return readFileSync(said, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replaceAll(`${root}/`, "/").replaceAll(installed, "LIB"));
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const programs = (said: readonly string[]): ReadonlySet<string> =>
  new Set(said.map((line) => line.split(" ")[0] ?? ""));

it("loads the containers' profile where the kernel has AppArmor", () => {
  const said = prepared({ [ENABLED]: "Y\n" }).filter((line) => line.startsWith("apparmor_parser"));
  assert.deepEqual(said, ["apparmor_parser --replace LIB/bin/../swarm-default.apparmor"]);
});

it("leaves a profile of that name alone that administrators have, and a kernel without AppArmor", () => {
  const own = { [ENABLED]: "Y\n", "etc/apparmor.d/swarm-default": "profile swarm-default {}\n" };
  assert.deepEqual(programs(prepared(own)), new Set(["modprobe"]));
  assert.deepEqual(programs(prepared({ [ENABLED]: "N\n" })), new Set(["modprobe"]));
});

it("mounts as version 1 what version 2 still holds on a host that uses both, and nothing on one with version 2 alone", () => {
  const mixed = prepared({ "sys/fs/cgroup/unified/cgroup.controllers": "hugetlb misc\n" });
  assert.deepEqual(
    mixed.filter((line) => line.startsWith("mount")),
    ["hugetlb", "misc"].map((name) => `mount -t cgroup -o ${name} cgroup /sys/fs/cgroup/${name}`),
  );
  rmSync(join(directory, "root"), { recursive: true });
  assert.deepEqual(programs(prepared({ "sys/fs/cgroup/cgroup.controllers": "hugetlb misc\n" })), new Set(["modprobe"]));
});

it("has a profile of the name that the daemon looks for", () => {
  assert.match(readFileSync(PROFILE, "utf8"), /^profile swarm-default /m);
});
