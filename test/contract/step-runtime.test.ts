/** What a step of a build runs with: the script in the runtime's place, and its edits, by the real sed and sh. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { stepEdits } from "../../worker/engine/builds/step-edits.ts";
import { stepRuntime } from "../../worker/engine/builds/step-runtime.ts";
import { createCell } from "../support/cell.ts";

/** What makes a string of people's look like a part of the configuration, if anything does. */
const HOSTILE = '","linux":{"x":1},"capabilities":{"bounding":["CAP_SYS_ADMIN"]},"rlimits":[],"user":{"uid":0,';

/** As buildah 1.28.2 writes it. */
function builders(part: { uid?: number; env?: readonly string[]; root: string }) {
  const { uid = 0, env = ["PATH=/bin", "HOSTNAME=36eb092eed9c"], root } = part;
  const mount = (destination: string, type: string, options: readonly string[]) => ({
    ...{ destination, type, source: type, options },
  });
  return {
    ociVersion: "1.0.2-dev",
    process: {
      user: { uid, gid: 0, additionalGids: [0] },
      args: ["/bin/sh", "-c", HOSTILE],
      env,
      cwd: "/",
      capabilities: { bounding: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"] },
      rlimits: [{ type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 }],
    },
    root: { path: root },
    hostname: "36eb092eed9c",
    mounts: [
      mount("/cache", "bind", ["rw"]),
      mount("/proc", "proc", []),
      mount("/etc/hosts", "bind", ["rbind"]),
      mount("/etc/resolv.conf", "bind", ["rbind"]),
      mount("/dev/shm", "tmpfs", ["size=65536k"]),
      mount("/sys/fs/cgroup", "cgroup", ["rprivate", "rw"]),
    ],
    linux: { namespaces: [{ type: "pid" }], cgroupsPath: "/", maskedPaths: ["/proc/acpi"] },
  };
}

describe("the runtime of a step", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "swarm-step-"));
    mkdirSync(join(directory, "root"), { mode: 0o500 });
    writeFileSync(join(directory, "oci"), `#!/bin/sh\necho "$@" >>${directory}/called\n`);
    chmodSync(join(directory, "oci"), 0o700);
    writeFileSync(join(directory, "edits"), stepEdits(createCell()));
    const script = { program: `${directory}/oci`, state: `${directory}/it's`, edits: `${directory}/edits` };
    writeFileSync(join(directory, "runtime"), stepRuntime(script));
    chmodSync(join(directory, "runtime"), 0o700);
  });
  after(() => rmSync(directory, { recursive: true }));

  const call = (text: string, ...words: readonly string[]) => {
    writeFileSync(join(directory, "config.json"), text);
    rmSync(join(directory, "called"), { force: true });
    const { status, stderr } = spawnSync(join(directory, "runtime"), words, { encoding: "utf8" });
    const read = (name: string): string => readFileSync(join(directory, name), "utf8");
    return { status, stderr, text: read("config.json"), called: status === 0 ? read("called") : "" };
  };
  const create = (text: string) => call(text, "create", "--bundle", directory, "--pid-file", "p", "id");
  const root = (): string => join(directory, "root");

  it("makes of the builder's configuration a container's, and leaves what is the step's own", () => {
    const { status, text, called } = create(JSON.stringify(builders({ root: root() })));
    assert.equal(status, 0);
    const cell = createCell();
    const mine = builders({ root: root() });
    const mount = (destination: string, source: string) => ({
      ...{ destination, type: "bind", source, options: ["rbind", "rprivate", "rw"] },
    });
    const [cache, proc] = mine.mounts;
    assert.deepEqual(JSON.parse(text), {
      ...mine,
      process: {
        ...{ args: mine.process.args, cwd: "/", env: ["PATH=/bin", "HOSTNAME=0123456789ab"] },
        user: { umask: 18, uid: 0, gid: 0, additionalGids: [0] },
        capabilities: cell.config.process.capabilities,
        rlimits: cell.config.process.rlimits,
        ...{ noNewPrivileges: true, oomScoreAdj: 5 },
      },
      hostname: "0123456789ab",
      mounts: [
        cache,
        proc,
        mount("/etc/hosts", "/cell/hosts"),
        mount("/etc/resolv.conf", "/cell/resolv.conf"),
        ...cell.config.mounts.slice(0, 3),
      ],
      linux: cell.config.linux,
    });
    assert.equal(called, `--root ${directory}/it's create --bundle ${directory} --pid-file p id\n`);
  });

  it("gives a step of another user than root no capabilities in force", () => {
    const { text } = create(JSON.stringify(builders({ uid: 10, root: root() })));
    assert.deepEqual(JSON.parse(text).process.capabilities, createCell().userCapabilities);
  });

  it("leaves a host name that the image has in its environment", () => {
    const env = ["HOSTNAME=own", HOSTILE];
    const { process, hostname } = JSON.parse(create(JSON.stringify(builders({ env, root: root() }))).text);
    assert.deepEqual(process.env, env);
    assert.equal(hostname, "0123456789ab");
  });

  it("lets everybody enter the root directory of a step", () => {
    chmodSync(root(), 0o500);
    create(JSON.stringify(builders({ root: root() })));
    assert.equal(statSync(root()).mode & 0o777, 0o755);
  });

  for (const [what, change] of [
    ["capabilities", (text: string) => text.replace('"capabilities":', '"powers":')],
    ["limits", (text: string) => text.replace('"rlimits":', '"limits":')],
    ["a user", (text: string) => text.replace('"user":{"uid"', '"user":{"id"')],
    ["control groups", (text: string) => text.replace('"destination":"/sys/fs/cgroup",', '"destination":"/sys/fs",')],
    ["a part for Linux", (text: string) => text.replace(',"linux":{', ',"unix":{')],
    ["a line", (text: string) => JSON.stringify(JSON.parse(text), null, 1)],
  ] as const) {
    it(`makes none where the configuration has not ${what} as is known`, () => {
      const { status, stderr } = create(change(JSON.stringify(builders({ root: root() }))));
      assert.equal(status, 1);
      assert.match(stderr, /no step runs less confined/);
    });
  }

  it("passes on whatever else the builder asks of it", () => {
    const { text, called } = call("untouched", "state", "id");
    assert.equal(text, "untouched");
    assert.match(called, /^--root \S+ state id\n$/);
  });
});
