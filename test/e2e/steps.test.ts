/** Commands at the turns of a task's life, with real containers; and input for one that keeps it open. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { tasksOf, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const CTL = "swarmctl --socket /run/swarm/swarmd.sock";
const LOOP = ["sh", "-c", "cat /dev/shm/steps; trap 'exit 0' TERM; while :; do sleep 0.1; done"];

describe("steps of a task", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(1);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const create = (name: string, ...words: readonly string[]): Promise<string> =>
    lab.ctl("host1", "service", "create", "-q", "--name", name, ...words);
  const logOf = (name: string): Promise<string> => lab.ctl("host1", "service", "logs", "--raw", name);
  const note = (word: string): string => `sh -c 'echo ${word} >> /dev/shm/steps'`;

  it("run before its command, in order, in its own container; and after it has begun", async () => {
    const flags = ["--init-step", note("one"), "--init-step", note("two"), "--post-start", note("three")];
    await create("order", ...flags, "busybox", ...LOOP);
    await waitFor("its first words", async () => (await logOf("order")) === "one\ntwo\n");
    const steps = await lab.ctl("host1", "exec", "order.1", "cat", "/dev/shm/steps");
    assert.equal(steps, "one\ntwo\nthree\n");
    await lab.ctl("host1", "service", "rm", "order");
  });

  it("that fail end the task, which says which one did and what it wrote last", async () => {
    const step = "sh -c 'echo first; echo no such table >&2; exit 3'";
    await create(
      "broken",
      "-d",
      "--restart-condition",
      "none",
      "--init-step",
      "true",
      "--init-step",
      step,
      "busybox",
      ...LOOP,
    );
    const error = await waitFor("the task's error", async () => {
      const [task] = await tasksOf(lab, "host1", "broken");
      return task?.CurrentState.startsWith("Failed") === true ? task.Error : null;
    });
    assert.equal(error, '"init step 2 of 2 failed (exit code 3): first / no such table"');
    await lab.ctl("host1", "service", "rm", "broken");
  });

  it("are shown while they run, and begin anew when the daemon is started again meanwhile", async () => {
    const mount = "type=bind,source=/run/steps,target=/steps,bind-create-src";
    const wait = "while [ ! -e /steps/go ]; do sleep 0.1; done";
    const step = `sh -c 'echo >> /steps/begun; ${wait}; echo >> /steps/ended'`;
    await create("slow", "-d", "--mount", mount, "--init-step", step, "busybox", ...LOOP);
    const lines = async (file: string): Promise<string> =>
      (await lab.tryExec("host1", "sh", "-c", `wc -l < /run/steps/${file}`)).stdout.trim();
    await waitFor("it has begun", async () => (await lines("begun")) === "1");
    const [shown] = await tasksOf(lab, "host1", "slow");
    assert.match(shown?.CurrentState ?? "", /^Starting .* ago, init step 1 of 1$/);
    await lab.killDaemon("host1");
    await lab.startDaemon("host1");
    await waitFor("it has begun twice", async () => (await lines("begun")) === "2");
    await lab.exec("host1", "touch", "/run/steps/go");
    await untilRunning(lab, "host1", "slow", 1);
    assert.equal(await lines("ended"), "1", "the first one was ended");
    await lab.ctl("host1", "service", "rm", "slow");
  });

  it("run before the stop signal, within the grace period", async () => {
    const flags = ["--mount", "source=kept,target=/kept", "--init-step", "touch /dev/shm/steps"];
    const step = "sh -c 'date +%s > /kept/stopping; sleep 60'";
    await create("leaving", ...flags, "--stop-grace-period", "2s", "--pre-stop", step, "busybox", ...LOOP);
    const began = Date.now();
    await lab.ctl("host1", "service", "rm", "leaving");
    await waitFor("it is gone", async () => (await lab.ctl("host1", "ps", "-a")).includes("leaving") === false);
    assert.ok(Date.now() - began < 20_000);
    const said = await lab.ctl("host1", "run", "--rm", "-v", "kept:/kept", "busybox", "cat", "/kept/stopping");
    assert.match(said, /^\d+\n$/);
  });

  it("know an address of their host by name, and take input from whoever attaches", async () => {
    await create("ear", "-i", "--host", "home:host-gateway", "busybox", "sh", "-c", "read x; echo got $x; sleep 600");
    await lab.exec("host1", "sh", "-c", `echo word | timeout -k 1 3 ${CTL} attach --sig-proxy=false ear.1; true`);
    await waitFor("it has the word", async () => (await logOf("ear")) === "got word\n");
    const hosts = await lab.ctl("host1", "exec", "ear.1", "cat", "/etc/hosts");
    const [, address] = /^([0-9.]+)\thome$/m.exec(hosts) ?? [];
    assert.ok(address !== undefined, hosts);
    assert.match(await lab.ctl("host1", "exec", "ear.1", "ping", "-c", "1", "-W", "2", "home"), /1 packets received/);
    await lab.ctl("host1", "service", "rm", "ear");
  });
});
