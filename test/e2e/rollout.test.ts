/** From one spec to the next, beyond the plain update: tried, held up, failed, taken back, planned. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { leaderOf, runningTasks, tasksOf, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

interface HistoryRow {
  readonly Spec: number;
  readonly State: string;
  readonly By: string;
  readonly Changes: readonly string[];
}

/** Clients at the same time: enough to meet every task all the time, few enough for the machine. */
const CLIENTS = 3;

describe("rollouts", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3);
  });
  after(async () => {
    // Also after a failure, or the file would never end.
    await endLoad();
    await lab?.[Symbol.asyncDispose]();
  });

  const service = (...words: string[]): Promise<string> => lab.ctl("host1", "service", ...words);
  const tryService = (...words: string[]) => lab.tryCtl("host1", "service", ...words);
  const stateOf = async (name: string): Promise<string> =>
    (await service("inspect", "--pretty", name)).match(/^ State:\s+(\S+)/m)?.[1] ?? "";
  const replicasOf = async (name: string): Promise<string> =>
    (await service("ls", "--filter", `name=${name}`, "--format", "{{.Replicas}}")).trim();
  const historyOf = (name: string): Promise<readonly HistoryRow[]> =>
    lab.ctlJson<HistoryRow>("host1", "service", "history", "--no-trunc", name);
  /** How many running tasks have which image. */
  const imagesOf = async (name: string): Promise<Readonly<Record<string, number>>> => {
    const wanted = ["--filter", "desired-state=running"];
    const rows = await lab.ctlJson<{ Image: string; CurrentState: string }>("host1", "service", "ps", ...wanted, name);
    const counts: Record<string, number> = {};
    for (const { Image, CurrentState } of rows)
      if (CurrentState.startsWith("Running")) counts[Image] = (counts[Image] ?? 0) + 1;
    return counts;
  };

  let endLoad = async (): Promise<void> => {};
  /** Asks all hosts for the page until it is stopped. @returns how many requests there were, and those that failed. */
  function underLoad(path = "/"): { stop(): Promise<{ readonly asked: number; readonly failed: readonly string[] }> } {
    const failed: string[] = [];
    let [asked, isOver] = [0, false];
    const clients = Array.from({ length: CLIENTS }, async (_, at) => {
      while (!isOver) {
        const host = lab.hosts[(asked + at) % lab.hosts.length] ?? "";
        asked++;
        await lab.page(host, path).catch((error: unknown) => failed.push(`${host}: ${error}`));
      }
    });
    endLoad = async () => {
      isOver = true;
      await Promise.all(clients);
    };
    return {
      stop: async () => {
        await endLoad();
        return { asked, failed };
      },
    };
  }

  it("wait for a pre-deploy command: a new spec runs once it has succeeded, and not at all if it fails", async () => {
    const mount = ["--mount", "source=shop,target=/data", "--constraint", "node.hostname==host1"];
    const note = "sh -c 'echo $HOSTNAME >> /data/runs; echo migrating; exit $CODE'";
    const pace = ["--update-monitor", "500ms", "--env", "CODE=0"];
    const loop = ["busybox", "sh", "-c", "wc -l < /data/runs > /data/seen; exec sleep 1000"];
    await service("create", "--name", "shop", "--pre-deploy", note, ...mount, ...pace, "--replicas", "2", ...loop);
    const read = (file: string): Promise<string> => lab.ctl("host1", "service", "exec", "shop", "cat", `/data/${file}`);
    assert.equal((await read("seen")).trim(), "1", "it had run when the first task began");
    const names = async (): Promise<readonly string[]> =>
      (await service("ps", "--format", "{{.Name}}", "shop")).trim().split("\n").sort();
    assert.deepEqual(await names(), ["shop.1", "shop.2", "shop.pre-deploy.1"]);
    assert.equal(await replicasOf("shop"), "2/2");
    assert.doesNotMatch(await service("ls", "--format", "{{.Name}}"), /pre-deploy/);

    const ids = async () => (await runningTasks(lab, "host1", "shop")).map(({ ID }) => ID).sort();
    const before = await ids();
    const failed = await tryService("update", "--env-add", "CODE=3", "shop");
    assert.equal(failed.exitCode, 1);
    assert.match(failed.stderr, /update paused because its pre-deploy command failed: .*exit/);
    assert.match(failed.stderr, /Task shop\.pre-deploy\.1\.\S+ failed[\s\S]*migrating/);
    assert.match(await service("inspect", "--pretty", "shop"), /Pre-Deploy:[\s\S]*State:\s+failed/);
    assert.deepEqual([await stateOf("shop"), await ids()], ["paused", before], "the tasks before serve");
    const back = await tryService("update", "--update-failure-action", "rollback", "--env-add", "CODE=4", "shop");
    assert.equal(back.exitCode, 1);
    assert.match(
      back.stderr,
      /service shop was not changed as asked: update rolled back because its pre-deploy command/,
    );
    assert.deepEqual(await ids(), before);

    await service("update", "--env-add", "CODE=0", "--force", "shop");
    assert.equal((await read("seen")).trim(), "4");
    await service("update", "--pre-deploy", "", "--force", "shop");
    assert.equal((await read("seen")).trim(), "4", "there is none any more");
    await service("rm", "shop");
    assert.equal((await service("ls", "--filter", "name=shop", "-q")).trim(), "");
  });

  it("stop first where start-first has no room for two, and say so", async () => {
    const port = "published=8099,target=80,mode=host";
    const pace = ["--update-order", "start-first", "--update-monitor", "500ms"];
    await service("create", "--name", "edge", "--mode", "global", "-p", port, ...pace, "nginx");
    await service("update", "--image", "nginx:1.22-b", "edge");
    assert.deepEqual(await imagesOf("edge"), { "nginx:1.22-b": 3 });
    assert.match(
      await service("inspect", "--pretty", "edge"),
      /Message:\s+update completed, stop-first: no host has port 8099\/TCP free for a second task/,
    );
    await service("rm", "edge");
  });

  it("try a spec in some slots, hold the others back, and go on or back without a failed request", async () => {
    const pace = ["--update-monitor", "2s", "--update-parallelism", "2", "--update-order", "start-first"];
    const back = ["--rollback-monitor", "1s", "--rollback-order", "start-first"];
    await service("create", "--name", "web", "--replicas", "5", "-p", "80:80", ...pace, ...back, "nginx");
    const load = underLoad();
    const said = await service("update", "--update-canary", "40%", "--image", "nginx:1.22-b", "web");
    assert.match(said, /canary: 2 of 5 run the new spec; promote or abort \(swarmctl service promote web, [^)]*\)\n$/);
    assert.deepEqual(await imagesOf("web"), { "nginx:latest": 3, "nginx:1.22-b": 2 });
    assert.deepEqual([await stateOf("web"), await replicasOf("web")], ["canary", "5/5 (canary 2)"]);
    assert.match(await service("abort", "web"), /verify: Service converged\n$/);
    assert.deepEqual(await imagesOf("web"), { "nginx:latest": 5 });
    await service("update", "--quiet", "--update-canary", "40%", "--image", "nginx:1.22-b", "web");
    assert.match(await service("promote", "web"), /verify: Service converged\n$/);
    assert.deepEqual(await imagesOf("web"), { "nginx:1.22-b": 5 });
    const { asked, failed } = await load.stop();
    assert.deepEqual(failed, []);
    assert.ok(asked > 50, `${asked} requests`);
  });

  for (const order of ["start-first", "stop-first"])
    it(`lead nobody to a container that does not listen yet, though nothing checks its health: ${order}`, async () => {
      await lab.ctl("host1", "network", "create", "blue");
      const serve = "sleep 0.7; mkdir /www; echo here > /www/index.html; exec httpd -f -p 80 -h /www";
      const pace = ["--update-order", order, "--update-monitor", "500ms", "--stop-grace-period", "100ms"];
      const slow = ["--name", "slow", "--replicas", "3", "--network", "blue", "-p", "8092:80", ...pace];
      await service("create", "--quiet", ...slow, "busybox", "sh", "-c", serve);
      // By its virtual address, too: of the task's port 80 its image says nothing, but it is published.
      const ask = "while :; do timeout 5 wget -q -O - http://slow/ 2>&1 || echo refused; done";
      await service("create", "--quiet", "--name", "caller", "--network", "blue", "busybox", "sh", "-c", ask);
      const load = underLoad(":8092/");
      for (const round of ["1", "2"]) await service("update", "--quiet", "--env-add", `ROUND=${round}`, "slow");
      const { asked, failed } = await load.stop();
      const said = (await service("logs", "--raw", "caller")).trim().split("\n");
      assert.deepEqual(failed, []);
      assert.deepEqual([...new Set(said)], ["here"]);
      assert.ok(asked > 20 && said.length > 20, `${asked} requests, ${said.length} by the virtual address`);
      await service("rm", "slow", "caller");
      await waitFor("the network to be free", async () => {
        return (await lab.tryCtl("host1", "network", "rm", "blue")).exitCode === 0;
      });
    });

  it("keep a canary where it is when tasks crash, the leader is killed and the service is scaled", async () => {
    await service("update", "--quiet", "--image", "nginx", "web");
    const held = (await tasksOf(lab, "host1", "web")).find(
      ({ Name, CurrentState }) => /^web\.5/.test(Name) && CurrentState.startsWith("Running"),
    );
    await lab.exec(held?.Node ?? "", "sh", "-c", `kill -9 $(cat /run/swarm/containers/${held?.ID}*/pid)`);
    await untilRunning(lab, "host1", "web", 5, (tasks) => !tasks.some(({ ID }) => ID === held?.ID));
    const leader = await leaderOf(lab, "host1");
    const other = lab.hosts.find((host) => host !== leader) ?? "";
    await lab.killDaemon(leader);
    await waitFor("a scale under another leader", async () => {
      const { exitCode } = await lab.tryCtl(other, "service", "scale", "--detach", "web=7");
      return exitCode === 0;
    });
    await lab.startDaemon(leader);
    await untilRunning(lab, other, "web", 7);
    await waitFor("the command line", async () => (await tryService("ls")).exitCode === 0);
    assert.deepEqual(await imagesOf("web"), { "nginx:1.22-b": 5, "nginx:latest": 2 });
    assert.equal(await replicasOf("web"), "7/7 (canary 2)");
    await service("promote", "--quiet", "web");
    assert.deepEqual(await imagesOf("web"), { "nginx:latest": 7 });
  });

  it("remember what was, and go back to any of it", async () => {
    const rows = await historyOf("web");
    assert.deepEqual(
      rows.map(({ Spec, State, By }) => `${Spec} ${State} by ${By}`),
      [
        "6 current by update",
        "5 canary, overtaken by update",
        "4 completed by update",
        "3 completed by abort, back to 1",
        "2 canary, aborted by update",
        "1 completed by create",
      ],
    );
    assert.deepEqual(rows[0]?.Changes, ["number of replicas: 5 -> 7"]);
    const plan = await service("rollback", "--dry-run", "--to", "4", "web");
    assert.match(plan, /number of replicas: 7 -> 5\n[\s\S]*Nothing was changed\.\n$/);
    await service("rollback", "--quiet", "--to", "4", "web");
    assert.deepEqual(await imagesOf("web"), { "nginx:1.22-b": 5 });
    const { exitCode, stderr } = await tryService("rollback", "--to", "44", "web");
    assert.deepEqual([exitCode, /has no spec 44 in its history/.test(stderr)], [1, true]);
  });

  it("end with an error when they fail, and say which task failed and what it said last", async () => {
    const quick = [
      "--update-failure-action",
      "rollback",
      "--stop-grace-period",
      "100ms",
      "--rollback-monitor",
      "500ms",
    ];
    const sleeper = ["busybox", "sleep", "3600"];
    await service("create", "--quiet", "--name", "frail", "--replicas", "2", ...quick, ...sleeper);
    const { exitCode, stderr } = await tryService("update", "--args", 'sh -c "echo I cannot go on; exit 3"', "frail");
    assert.equal(exitCode, 1);
    assert.match(stderr, /^Task frail\.\d\.[a-z0-9]{25} failed: task: non-zero exit \(3\)$/m);
    assert.match(stderr, /^frail\.\d\.[a-z0-9]+@host\d +\| I cannot go on$/m);
    assert.match(stderr, /^Error: service frail was not changed as asked: update rolled back due to failure/m);
    await waitFor("the rollback to be over", async () => (await stateOf("frail")) === "rollback_completed");
    assert.deepEqual(
      (await historyOf("frail")).map(({ State, By }) => `${State} by ${By}`),
      ["current by failure, back to 1", "failed, rolled back by update", "completed by create"],
    );
  });

  it("of what depends on others wait for them, and the old tasks serve meanwhile", async () => {
    const job = ["--mode", "replicated-job", "--restart-condition", "none"];
    await service("create", "--quiet", "--name", "migrate", ...job, "busybox", "true");
    const sleeper = ["--stop-grace-period", "100ms", "--update-monitor", "500ms", "busybox", "sleep", "3600"];
    await service("create", "--quiet", "--name", "api", "--depends-on", "migrate:completed", ...sleeper);
    await service("update", "--detach", "--args", "sleep 5", "migrate");
    await service("update", "--detach", "--env-add", "RELEASE=2", "api");
    await waitFor("the update to say what it waits for", async () =>
      /Message:\s+waiting for migrate to complete$/m.test(await service("inspect", "--pretty", "api")),
    );
    const [old] = await untilRunning(lab, "host1", "api", 1);
    assert.equal(await stateOf("api"), "updating");
    await untilRunning(lab, "host1", "api", 1, ([task]) => task?.ID !== old?.ID);
    await waitFor("the update to be over", async () => (await stateOf("api")) === "completed");
  });

  it("can be looked at before, with where tasks would go and why they would not", async () => {
    const before = await service("inspect", "web");
    const fits = await service("plan", "--env-add", "A=1", "web");
    assert.match(fits, /^Service web would change:\n {4}\+ environment variable A=1\n/);
    // The spec that it went back to tries changes in 40 % of the slots.
    assert.equal(fits.match(/^\d +replace +host\d +host\d$/gm)?.length, 2);
    const none = await service("update", "--dry-run", "--reserve-memory", "900g", "web");
    assert.equal(
      none.match(
        /^\d +replace +host\d +no suitable node \(insufficient resources on 3 nodes: 900GiB of memory wanted\)$/gm,
      )?.length,
      2,
    );
    const fresh = await service("create", "--dry-run", "--name", "new", "--constraint", "node.labels.x==y", "nginx");
    assert.match(fresh, /scheduling constraints not satisfied on 3 nodes: node\.labels\.x==y/);
    assert.match(await service("scale", "--dry-run", "web=2"), /^\d +stop +host\d$/m);
    assert.equal(await service("inspect", "web"), before);
  });
});
