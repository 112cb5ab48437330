/** The number of a service's tasks follows what their containers really use. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { runningTasks, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

/** Uses a tenth of a CPU, which is its limit, as long as the file is there. */
const WORK = "while true; do if [ -e /busy ]; then :; else sleep 0.2; fi; done";
interface Status {
  readonly AutoscaleStatus?: { readonly Replicas: number; readonly Reason: string };
}

describe("autoscaling", { timeout: 600_000 }, () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(2, { managers: 1 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const makeBusy = async (isBusy: boolean): Promise<void> => {
    for (const { Name } of await runningTasks(lab, "host1", "work")) {
      await lab.ctl("host1", "exec", Name, ...(isBusy ? ["touch", "/busy"] : ["rm", "-f", "/busy"]));
    }
  };
  const status = async (): Promise<Status> =>
    (await lab.ctlJson<Status>("host1", "service", "inspect", "work"))[0] ?? {};

  it("gives a busy service more tasks, says why, and keeps them over an update", async () => {
    const rules = ["--autoscale", "min=1,max=3,cpu=50%,up=10s,down=20s", "--limit-cpu", "0.1"];
    await lab.ctl("host1", ...["service", "create", "--name", "work"], ...rules, "busybox", "sh", "-c", WORK);
    await makeBusy(true);
    await untilRunning(lab, "host1", "work", 2);
    const { AutoscaleStatus } = await status();
    assert.equal(AutoscaleStatus?.Replicas, 2);
    assert.match(AutoscaleStatus?.Reason ?? "", /^cpu at \d+% instead of 50%, for 10 s$/);
    assert.match(await lab.ctl("host1", "service", "inspect", "--pretty", "work"), /Autoscaled.*2 tasks.*cpu at/);
    const events = await lab.ctl("host1", "events", "--since", "10m", "--until", "0s", "--filter", "type=service");
    assert.match(events, /replicas\.new=2/);
    await lab.ctl("host1", "service", "update", "--label-add", "a=b", "work");
    assert.equal((await runningTasks(lab, "host1", "work")).length, 2);
  });

  it("takes tasks away from an idle one, late", async () => {
    await makeBusy(false);
    await untilRunning(lab, "host1", "work", 1);
    assert.match((await status()).AutoscaleStatus?.Reason ?? "", /and no more for 20 s$/);
  });

  it("is refused in one sentence where it contradicts itself, and changes nothing", async () => {
    for (const [flags, sentence] of [
      [["--autoscale", "min=3,max=2,cpu=60%", "--limit-cpu", "1"], /max=2 is less than min=3/],
      [["--autoscale", "max=2,cpu=60%"], /needs --reserve-cpu or --limit-cpu/],
      [["--mode", "global", "--autoscale", "max=2,cpu=60%"], /--autoscale is only valid with a replicated service/],
      [["--mode", "replicated-job", "--autoscale", "max=2,cpu=60%"], /only valid with a replicated service/],
    ] as const) {
      const { exitCode, stderr } = await lab.tryCtl("host1", "service", "create", ...flags, "busybox", "true");
      assert.equal(exitCode, 1);
      assert.match(stderr, sentence);
    }
    const { exitCode, stderr } = await lab.tryCtl("host1", "service", "scale", "work=9");
    assert.equal(exitCode, 1);
    assert.match(stderr, /invalid number of replicas 9: autoscale allows 1 to 3/);
  });

  it("stops when it is told to, at the number of the spec", async () => {
    await lab.ctl("host1", "service", "update", "--autoscale", "", "--replicas", "2", "work");
    await waitFor("two tasks", async () => (await runningTasks(lab, "host1", "work")).length === 2);
    assert.equal((await status()).AutoscaleStatus, undefined);
  });
});
