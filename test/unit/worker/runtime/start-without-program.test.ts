import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ContainerKey } from "../../../../shared/ids.ts";
import { OciRuntime } from "../../../../worker/runtime/oci-runtime.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";

const KEY = "k".repeat(25) as ContainerKey;
const PIPE = `/oci/${KEY}/exec.fifo`;

describe("a container that waits to be started", () => {
  /** With the words of the programs that were run. */
  const world = (program = "crun") => {
    const files = new MemoryHostFiles();
    const ran: string[] = [];
    const commands = {
      run: async (argv: readonly string[]) => {
        ran.push(argv.join(" "));
        return { exitCode: 0, stdout: "", stderr: "" };
      },
    };
    const launcher = { launch: async () => ({ pid: 1, complaint: "" }) };
    const programs = { pathOf: async (name: string) => `/sealed/${name}` };
    const options = { program, programOf: () => "", conmon: "conmon", root: "/oci", hostname: "host1" };
    const runtime = new OciRuntime({ ...options, programsAtOnce: 2 }, { commands, launcher, files, programs });
    return { files, ran, runtime };
  };

  it("is told so where crun lets it wait, and no program is run", async () => {
    const { files, ran, runtime } = world();
    let told = 0;
    using _listener = files.listen(PIPE, () => told++);
    await runtime.start(KEY, "web.1", false);
    assert.deepEqual({ told, ran }, { told: 1, ran: [] });
  });

  it("is started by the program where there is no pipe, where hooks follow, and by other runtimes", async () => {
    const without = world();
    await without.runtime.start(KEY, "web.1", false);
    assert.deepEqual(without.ran, [`/sealed/crun --root /oci --cgroup-manager cgroupfs start ${KEY}`]);
    const hooked = world();
    using _hooked = hooked.files.listen(PIPE, () => assert.fail("it was told"));
    await hooked.runtime.start(KEY, "web.1", true);
    assert.equal(hooked.ran.length, 1);
    const other = world("/usr/bin/runc");
    using _other = other.files.listen(PIPE, () => assert.fail("it was told"));
    await other.runtime.start(KEY, "web.1", false);
    assert.deepEqual(other.ran, [`/usr/bin/runc --root /oci start ${KEY}`]);
  });

  it("cannot be started when nobody waits: the pipe goes, so that the runtime knows, too", async () => {
    const { files, ran, runtime } = world();
    files.put(PIPE, "");
    await assert.rejects(runtime.start(KEY, "web.1", false), /start container web\.1.*nobody waits for it/);
    assert.equal(await files.kindOf(PIPE), null);
    assert.deepEqual(ran, []);
  });
});
