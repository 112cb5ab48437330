/** Hosts that nobody hears, with real containers: when their tasks end, when others take their place, who stays. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { tasksOf, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const LOOP = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"];

describe("tasks of a host that is cut off", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3, { managers: 1 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const create = (name: string, ...flags: readonly string[]): Promise<string> => {
    const place = ["--constraint", "node.role==worker", "--stop-grace-period", "1s"];
    return lab.ctl("host1", "service", "create", "-q", "--name", name, ...place, ...flags, "busybox", ...LOOP);
  };
  /** As the host itself sees it, whoever else does. */
  const runsOn = async (host: string, name: string): Promise<boolean> =>
    (await lab.ctl(host, "ps", "--format", "{{.Names}}")).split("\n").some((each) => each.startsWith(`${name}.`));

  it("are stopped by it, and replaced only after that", async () => {
    await create("one", "--stop-after", "10s", "--lost-after", "16s");
    const [task] = await untilRunning(lab, "host1", "one", 1);
    const home = task?.Node ?? "";
    const other = home === "host2" ? "host3" : "host2";
    await lab.cut(home);
    const began = Date.now();
    let ended = 0;
    await waitFor("it runs elsewhere", async () => {
      const [here, there] = await Promise.all([runsOn(home, "one"), runsOn(other, "one")]);
      assert.ok(!(here && there), "it runs twice");
      if (!here && ended === 0) ended = Date.now();
      return there;
    });
    assert.ok(ended - began > 8_000, `stopped after ${ended - began} ms`);
    assert.ok(Date.now() - began > 15_000, `replaced after ${Date.now() - began} ms`);
    await lab.heal(home);
    const said = await waitFor("the host tells why it stopped it", async () => {
      const first = (await tasksOf(lab, "host1", "one")).find(({ Node }) => Node === home);
      return first?.CurrentState.startsWith("Shutdown") === true ? first.Error : null;
    });
    assert.equal(said, '"stopped by its host: no leader was heard for 10 s"');
    await lab.ctl("host1", "service", "rm", "one");
  });

  it("that are worth keeping go on when it is back, and their stand-ins go", async () => {
    await create("warm", "--on-return", "keep-original");
    const [original] = await untilRunning(lab, "host1", "warm", 1);
    const home = original?.Node ?? "";
    await lab.cut(home);
    await waitFor("a stand-in runs", async () => {
      const tasks = await tasksOf(lab, "host1", "warm");
      return tasks.some(({ Node, CurrentState }) => Node !== home && CurrentState.startsWith("Running"));
    });
    await lab.heal(home);
    const left = await untilRunning(lab, "host1", "warm", 1, ([task]) => task?.Node === home);
    assert.equal(left[0]?.ID, original?.ID);
    await lab.ctl("host1", "service", "rm", "warm");
  });
});
