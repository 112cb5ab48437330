/** Attached to containers: in the foreground, from another host, with input, and with somebody who does not read. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const CTL = "swarmctl --socket /run/swarm/swarmd.sock";

describe("whoever is attached to a container", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(2, { managers: 1 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const ctl = async (...words: string[]): Promise<string> => (await lab.ctl("host1", ...words)).trim();
  const inShell = (script: string): Promise<string> => lab.exec("host1", "sh", "-c", script);
  const logOf = (name: string): Promise<string> => ctl("logs", name);

  it("gets every byte of each output, and the exit code, of one that runs in the foreground", async () => {
    const text = Array.from({ length: 200_000 }, (_, at) => `${at}\n`).join("");
    const sum = createHash("sha256").update(text).digest("hex");
    const script = "seq 0 199999; echo complaint >&2; exit 7";
    const said =
      await inShell(`{ ${CTL} run -q --rm busybox sh -c '${script}' 2>/tmp/err; echo $? >/tmp/rc; } | sha256sum
      cat /tmp/err /tmp/rc`);
    assert.equal(said, `${sum}  -\ncomplaint\n7\n`);
    // Removed when it has ended: the name is free at once.
    const twice = `${CTL} run --rm --name again busybox true && ${CTL} run --rm --name again busybox true; echo $?`;
    assert.equal((await inShell(twice)).trim(), "0");
  });

  it("gives it standard input to its end, of which one that is open for more takes no notice", async () => {
    assert.equal(
      (await inShell(`seq 1 100000 | ${CTL} run --rm -i busybox sh -c 'wc -l; exit 3'; echo $?`)).trim(),
      "100000\n3",
    );
    await ctl(
      "run",
      "-d",
      "-i",
      "--name",
      "kept",
      "busybox",
      "sh",
      "-c",
      "while read x; do echo got $x; done; echo end",
    );
    for (const word of ["one", "two"]) {
      await inShell(`echo ${word} | timeout -k 1 3 ${CTL} attach --sig-proxy=false kept ; true`);
      await waitFor(`the word ${word}`, async () => (await logOf("kept")).endsWith(`got ${word}`));
    }
    assert.equal(await logOf("kept"), "got one\ngot two");
    await ctl("rm", "-f", "kept");
  });

  it("is told the exit code of a task on another host, and sees what it says meanwhile", async () => {
    const loop = "trap 'echo bye; exit 3' TERM; while :; do echo tick; sleep 0.1; done";
    const where = ["--constraint", "node.hostname==host2", "--restart-condition", "none"];
    await ctl("service", "create", "--name", "web", ...where, "busybox", "sh", "-c", loop);
    const attached = inShell(`${CTL} attach --no-stdin web.1 >/tmp/ticks; echo $?`);
    await waitFor("what it says", async () => (await inShell("cat /tmp/ticks")).includes("tick"));
    await inShell(`${CTL} kill -s TERM --node host2 web.1`);
    assert.equal((await attached).trim(), "3");
    assert.match(await inShell("cat /tmp/ticks"), /tick\nbye\n$/);
    assert.match(await logOf("web.1"), /tick\nbye$/);
    await ctl("service", "rm", "web");
  });

  it("does not stop one that writes 50 MB/s by not reading, and can attach again after a restart of the daemon", async () => {
    const write =
      "i=0; while :; do dd if=/dev/zero bs=64k count=160 2>/dev/null | tr '\\0' x; i=$((i+10)); echo $i >/n; done";
    await ctl("run", "-d", "--name", "fast", "busybox", "sh", "-c", write);
    const stalled = inShell(`timeout -k 1 20 ${CTL} attach --no-stdin --sig-proxy=false fast | sleep 15; true`);
    const written = async (): Promise<number> => Number(await ctl("exec", "fast", "cat", "/n"));
    const before = await written();
    // Far more than all queues and pipes between would hold.
    await waitFor("another 500 MB", async () => (await written()) > before + 500);
    await lab.killDaemon("host1");
    await lab.startDaemon("host1");
    await waitFor("the daemon", async () => (await lab.tryCtl("host1", "ps")).exitCode === 0);
    const bytes = await inShell(
      `timeout -k 1 10 ${CTL} attach --no-stdin --sig-proxy=false fast 2>/dev/null | head -c 100 | wc -c`,
    );
    assert.equal(bytes.trim(), "100");
    await ctl("rm", "-f", "fast");
    await stalled;
  });
});
