import assert from "node:assert/strict";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Task } from "../../shared/objects/types.ts";
import type { TaskContainers } from "../../worker/executor/task-containers.ts";
import { createResources } from "../support/objects.ts";
import { collect, NEVER, type RuntimeFixture, useRuntime } from "./runtime-fixture.ts";

const quiet = (): void => {};
const MIB = 1 << 20;
const UNTIL_END = "while [ ! -e /end ]; do sleep 0.01; done";

describe("settings of a container, looked at from inside", () => {
  let fixture: RuntimeFixture;
  let executor: TaskContainers;
  useRuntime((made) => {
    ({ fixture, executor } = made);
  });

  async function output(task: Task): Promise<string> {
    await executor.prepare(task, NEVER, quiet);
    await executor.start(task, NEVER);
    const { exitCode, cause } = await executor.wait(task.id, NEVER);
    const lines = await collect(executor.logs(task.id, { follow: false, tail: -1, sinceMs: 0 }, NEVER));
    const text = lines.map((line) => Buffer.from(line.text).toString()).join("\n");
    assert.deepEqual([exitCode, cause], [0, ""], text);
    await executor.remove(task.id);
    return text;
  }

  it("has its groups, hosts, resolver, kernel settings and OOM score", async () => {
    const script = [
      "grep Groups /proc/self/status",
      "grep -E 'db|box' /etc/hosts",
      "cat /etc/resolv.conf /proc/sys/net/core/somaxconn /proc/sys/kernel/msgmax /proc/self/oom_score_adj",
    ].join("; ");
    const text = await output(
      fixture.task(script, {
        hostname: "box",
        groups: ["4711", "4712"],
        hosts: ["10.0.0.7 db db.test"],
        dns: { nameservers: ["192.0.2.53"], search: ["a.test"], options: ["ndots:3"] },
        sysctls: { "net.core.somaxconn": "1234", "kernel.msgmax": "9000" },
        oomScoreAdj: 321,
      }),
    );
    assert.match(text, /^Groups:.*\b4711 4712\b/);
    assert.match(text, /^192\.0\.2\.10\tbox\n10\.0\.0\.7\tdb db\.test$/m);
    assert.match(text, /^nameserver 192\.0\.2\.53\nsearch a\.test\noptions ndots:3\n1234\n9000\n321$/m);
  });

  it("runs in its host's own network, with the host's settings of it, where a task has none of its own", async () => {
    const task = fixture.task("readlink /proc/self/ns/net; cat /proc/sys/net/ipv4/ip_unprivileged_port_start");
    fixture.network.onHost.add(task.id);
    const settings = readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8");
    assert.equal(await output(task), `${readlinkSync("/proc/self/ns/net")}\n${settings.trim()}`);
  });

  it("fills the templates of its environment and host name", async () => {
    const text = await output(
      fixture.task('echo "$SLOT $NAME"; cat /etc/hostname', {
        hostname: "{{.Service.Name}}-{{.Task.Slot}}",
        env: ["SLOT={{.Task.Slot}}", "NAME={{.Task.Name}}"],
      }),
    );
    assert.match(text, /^1 web\.1\.[a-z0-9]{25}\nweb-1$/);
  });

  it("may swap as much as its memory limit, or as its service says", async () => {
    for (const [swapBytes, swap] of [
      [undefined, 64],
      [16 * MIB, 16],
      [0, 0],
    ] as const) {
      const limits = createResources({ memoryBytes: 64 * MIB });
      const said = swapBytes === undefined ? {} : { swapBytes };
      const task = fixture.task(UNTIL_END, {}, { limits, ...said, memorySwappiness: 7 });
      await executor.prepare(task, NEVER, quiet);
      await executor.start(task, NEVER);
      const directory = fixture.cgroup(task, "memory");
      const read = (file: string): string => readFileSync(join(directory, file), "utf8").trim();
      if (existsSync(join(directory, "memory.memsw.limit_in_bytes"))) {
        assert.equal(read("memory.memsw.limit_in_bytes"), String((64 + swap) * MIB));
        assert.equal(read("memory.swappiness"), "7");
      } else assert.equal(read("memory.swap.max"), String(swap * MIB));
      fixture.signalIn(task, "/end");
      await executor.wait(task.id, NEVER);
      await executor.remove(task.id);
    }
  });
});
