import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import type { Task } from "../../shared/objects/types.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { collect, NEVER, type RuntimeFixture, useRuntime } from "./runtime-fixture.ts";

const quiet = (): void => {};

describe("privileges and limits on this kernel", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  useRuntime((made) => {
    ({ fixture, executor } = made);
  });

  async function output(task: Task, by: TaskContainers = executor): Promise<string> {
    await by.prepare(task, NEVER, quiet);
    await by.start(task, NEVER);
    const { exitCode, cause } = await by.wait(task.id, NEVER);
    const lines = await collect(by.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
    const text = lines.map((line) => Buffer.from(line.text).toString()).join("\n");
    assert.deepEqual([exitCode, cause], [0, ""], text);
    await by.remove(task.id);
    return text;
  }

  it("lets setuid programs of an image work, unless the service or the node says otherwise", async () => {
    // A program of root's with the setuid bit tells whose rights it got: those of root, or of user 1000 (232 modulo
    // 256).
    const asWeb = (container: Parameters<RuntimeFixture["task"]>[1] = {}) =>
      fixture.task("setuid-euid; echo $?; cat /proc/self/status", { user: "web", ...container });
    const open = await output(asWeb());
    assert.match(open, /^0\n/);
    assert.match(open, /NoNewPrivs:\s+0/);
    assert.match(open, /CapBnd:\s+00000000a80425fb/);
    assert.match(open, /CapEff:\s+0{16}/);
    assert.match(open, /Seccomp:\s+2/);
    const shut = await output(asWeb({ noNewPrivileges: true }));
    assert.match(shut, /^232\n/);
    assert.match(shut, /NoNewPrivs:\s+1/);
    const strict = await fixture.executor({ noNewPrivileges: true });
    assert.match(await output(asWeb(), strict), /^232\n/);
    assert.match(await output(asWeb({ noNewPrivileges: false }), strict), /^0\n/);
  });

  it("may call as little by a filter that was compiled for another container, and as much with rights of its own", async () => {
    const script = "grep Seccomp: /proc/self/status; unshare -u true 2>&1; echo $?";
    const profiles = [{}, { capabilityAdd: ["CAP_SYS_ADMIN"] }];
    const texts: string[] = [];
    for (const profile of [...profiles, ...profiles]) texts.push(await output(fixture.task(script, profile)));
    const [first, admin, second, secondAdmin] = texts;
    assert.match(first ?? "", /^Seccomp:\s+2\n.*not permitted\n1$/);
    assert.match(admin ?? "", /^Seccomp:\s+2\n.*0$/);
    assert.deepEqual([second, secondAdmin], [first, admin]);
    const task = fixture.task("sleep 60");
    await executor.prepare(task, NEVER, quiet);
    const config = readFileSync(`${fixture.runDirectory}/containers/${task.id}/config.json`, "utf8");
    assert.ok(JSON.parse(config).annotations["run.oci.seccomp_bpf_data"], "it was given its filter");
    await executor.remove(task.id);
  });

  it("has limits of its own, whatever those of the daemon are", async () => {
    const words = /^(.+?)\s{2,}(\S+)\s+(\S+)/;
    const limits = async (task: Task): Promise<Map<string, string>> => {
      const lines = (await output(task)).split("\n").map((line) => words.exec(line));
      return new Map(lines.map((found) => [found?.[1] ?? "", `${found?.[2]}:${found?.[3]}`]));
    };
    // Of this test's process, which the monitor and so the container would inherit.
    execFileSync("prlimit", ["--pid", String(process.pid), "--nofile=4000:5000", "--core=0:"]);
    const mayRaise = /^CapEff:\s*\w*[13579bdf]\w{6}$/m.test(readFileSync("/proc/self/status", "utf8"));
    executor = await fixture.executor();
    const own = await limits(fixture.task("cat /proc/self/limits"));
    assert.equal(own.get("Max open files"), mayRaise ? "1024:524288" : "1024:5000");
    assert.equal(own.get("Max core file size"), "unlimited:unlimited");
    if (mayRaise) assert.equal(own.get("Max processes"), "unlimited:unlimited");
    assert.equal(own.get("Max locked memory"), "8388608:8388608");
    assert.equal(own.get("Max stack size"), "8388608:unlimited");
    const ulimits = [
      { name: "nofile", soft: 2048, hard: 4096 },
      { name: "core", soft: 0, hard: -1 },
    ];
    const asked = await limits(fixture.task("cat /proc/self/limits", { ulimits }));
    assert.equal(asked.get("Max open files"), "2048:4096");
    assert.equal(asked.get("Max core file size"), "0:unlimited");
  });

  it("gives a health check the same limits", async () => {
    const test = ["CMD-SHELL", 'test "$(ulimit -n) $(ulimit -c)" = "333 unlimited"'];
    const task = fixture.task("sleep 100", {
      healthcheck: { test, intervalMs: 100, timeoutMs: 60_000, retries: 1, startPeriodMs: 0, startIntervalMs: 0 },
      ulimits: [{ name: "nofile", soft: 333, hard: 333 }],
      stopGracePeriodMs: 0,
    });
    await executor.prepare(task, NEVER, quiet);
    assert.equal((await executor.start(task, NEVER)).kind, "running");
    await executor.remove(task.id);
  });
});
