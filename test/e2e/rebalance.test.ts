/** Running tasks move to a host that has joined, while a client goes on asking. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { nodeOf, runningTasks, tasksOf } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

interface MoveRow {
  readonly Task: string;
  readonly From: string;
  readonly To: string;
  readonly Gain: number;
  readonly Reason: string;
}

/** Ends the client's asking; in its own /run, which goes with it. */
const STOP = "/run/stop-asking";

describe("rebalancing", { timeout: 600_000 }, () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3, { managers: 1 });
    await lab.ctl("host3", "leave");
    await waitFor("host3 to be down", async () => (await nodeOf(lab, "host1", "host3")).Status === "Down");
    await lab.ctl("host1", "node", "rm", "host3");
    await lab.ctl("host1", "service", "create", "--name", "web", "--replicas", "6", "-p", "80:80", "nginx");
    const mount = "source=data,target=/data";
    const db = ["--name", "db", "--replicas", "2", "--mount", mount, "busybox", "sleep", "100000"];
    await lab.ctl("host1", "service", "create", ...db);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const runningOn = async (service: string): Promise<Readonly<Record<string, number>>> => {
    const running = await runningTasks(lab, "host1", service);
    return Object.fromEntries(lab.hosts.map((host) => [host, running.filter(({ Node }) => Node === host).length]));
  };

  it("moves tasks to a host that has joined, and no request fails meanwhile", async () => {
    const token = (await lab.ctl("host1", "join-token", "-q", "worker")).trim();
    await lab.ctl("host3", "join", "--token", token, `${lab.ip("host1")}:2377`);
    await waitFor("host3 to be ready", async () => (await nodeOf(lab, "host1", "host3")).Status === "Ready");
    assert.deepEqual(await runningOn("web"), { host1: 3, host2: 3, host3: 0 });
    const planned = await lab.ctlJson<MoveRow>("host1", "cluster", "rebalance", "--plan");
    assert.deepEqual(
      planned.map(({ To, Gain }) => `${To} ${Gain}`),
      ["host3 2", "host3 1"],
    );
    assert.deepEqual(await runningOn("web"), { host1: 3, host2: 3, host3: 0 }, "a plan changes nothing");
    const before = (await tasksOf(lab, "host1", "db")).map(({ ID }) => ID).sort();

    // Asks until it is told to stop; what it prints are the requests that failed.
    const url = `http://${lab.ip("host2")}/`;
    const asking = lab.client(
      ...["sh", "-c"],
      `rm -f ${STOP}; n=0; while [ ! -e ${STOP} ]; do n=$((n+1)); ` +
        `curl -sf --max-time 5 -o /dev/null ${url} || echo failed $n; done; echo asked $n`,
    );
    const said = await lab.ctl("host1", "cluster", "rebalance");
    await lab.client("touch", STOP);
    const told = await asking;
    assert.match(said, /^Moved 2 tasks\.$/m);
    assert.deepEqual(told.match(/failed/g) ?? [], [], told);
    assert.ok(Number(/asked (\d+)/.exec(told)?.[1]) > 20, told);
    assert.deepEqual(await runningOn("web"), { host1: 2, host2: 2, host3: 2 });
    assert.deepEqual((await tasksOf(lab, "host1", "db")).map(({ ID }) => ID).sort(), before, "what has data stays");
    assert.match(await lab.ctl("host1", "cluster", "rebalance"), /^Nothing to move/m);
  });

  it("is refused in one sentence where it makes no sense, and changes nothing", async () => {
    for (const [flags, sentence] of [
      [["--plan", "--stop"], /^Error: --plan and --stop exclude each other/m],
      [["--max-moves", "many"], /^Error: .*max-moves/m],
    ] as const) {
      const { exitCode, stderr } = await lab.tryCtl("host1", "cluster", "rebalance", ...flags);
      assert.equal(exitCode, 1);
      assert.match(stderr, sentence);
    }
  });
});
