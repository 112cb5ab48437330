/**
 * Logs of a service on a manager and a worker, from the container's pipes to the terminal of whoever reads them.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { tasksOf } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const MIB = 1 << 20;

describe("logs of a service", () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.up(2, { managers: 1 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** Runs a script once on the worker, to its end. */
  async function run(name: string, script: string, ...options: string[]): Promise<void> {
    const once = ["--name", name, "--restart-condition", "none", "--constraint", "node.hostname==host2"];
    await lab.ctl("host1", "service", "create", "--detach", ...once, ...options, "busybox", "sh", "-c", script);
    await waitFor(`${name} has ended`, async () =>
      (await tasksOf(lab, "host1", name)).some(({ CurrentState }) => CurrentState.startsWith("Complete")),
    );
  }

  it("come raw as the container wrote them, byte by byte", async () => {
    // Any bytes, a line of 1 MiB, an empty line, and no line end at the end. The container says on its standard error
    // what it wrote.
    await run(
      "bytes",
      `(head -c 300000 /dev/urandom; echo; head -c 2000000 /dev/urandom | base64 | tr -d '\\n' | head -c ${MIB}
        echo; echo; head -c 20000 /dev/urandom; printf end) >/tmp/all
      cat /tmp/all; sha256sum </tmp/all >&2`,
    );
    const { stdout, stderr } = await lab.ctlBytes("host1", "service", "logs", "--raw", "bytes");
    assert.ok(stdout.length > MIB + 320_000, `${stdout.length} bytes`);
    assert.equal(`${createHash("sha256").update(stdout).digest("hex")}  -\n`, stderr.toString());
    const named = await lab.ctlBytes("host1", "service", "logs", "bytes");
    const lengths = named.stdout
      .toString("latin1")
      .split("\n")
      .map((line) => line.replace(/^bytes\S+ +\| /, "").length);
    assert.equal(lengths.filter((length) => length === MIB).length, 1, "the long line is one line");
  });

  it("may have many long lines", async () => {
    const line = `head -c 3000000 /dev/zero | tr '\\0' x; echo`;
    await run("long", `i=0; while [ $i -lt 20 ]; do ${line}; i=$((i+1)); done`, "--log-opt", "max-size=100m");
    const { stdout, stderr } = await lab.ctlBytes("host1", "service", "logs", "--raw", "long");
    assert.equal(stderr.toString(), "");
    assert.equal(stdout.length, 20 * 3_000_001);
    assert.ok(stdout.subarray(0, 3_000_000).every((byte) => byte === 0x78));
  });

  it("are not kept where the service wants none, and that is said", async () => {
    await run("quiet", "echo said", "--log-driver", "none");
    const { exitCode, stdout, stderr } = await lab.tryCtl("host1", "service", "logs", "quiet");
    assert.notEqual(exitCode, 0);
    assert.equal(stdout, "");
    assert.equal(stderr, "Error: service quiet keeps no log: its log driver is none\n");
  });
});
