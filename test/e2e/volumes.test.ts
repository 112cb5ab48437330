/**
 * Volumes of several hosts from any of them, volumes of slots whose tasks go back to their data, and backups that are
 * restored elsewhere.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { tasksOf } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

describe("volumes of a swarm", () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.up(3, { managers: 1 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const ctl = (...args: string[]): Promise<string> => lab.ctl("host1", ...args);
  /** By slot: the host of the task that runs. */
  async function places(service: string): Promise<ReadonlyMap<string, string>> {
    const running = (await tasksOf(lab, "host1", service)).filter(({ CurrentState }) =>
      CurrentState.startsWith("Running"),
    );
    return new Map(running.map(({ Name, Node }) => [Name, Node]));
  }
  const APPEND = "echo $SLOT >>/d/$SLOT; cat /d/*; trap exit TERM; while :; do sleep 0.1; done";
  async function createDatabase(replicas: number): Promise<void> {
    const mount = ["--mount", "source=data,target=/d,volume-per-slot"];
    const env = ["--env", "SLOT={{.Task.Slot}}", "--replicas", String(replicas)];
    await ctl("service", "create", "--quiet", "--name", "db", ...mount, ...env, "busybox", "sh", "-c", APPEND);
  }

  it("are made, listed and removed on any host from one of them, and a host that is down is named", async () => {
    await ctl("volume", "create", "--node", "host2", "--label", "tier=a", "there");
    const { stdout } = await lab.tryCtl("host1", "volume", "ls", "--all-nodes", "--filter", "name=there");
    assert.match(stdout, /^DRIVER +VOLUME NAME +NODE\nlocal +there +host2\n$/);
    const missing = await lab.tryCtl("host1", "volume", "rm", "there");
    assert.deepEqual([missing.exitCode, missing.stderr], [1, "Error: no such volume: there (node host1)\n"]);
    assert.equal(await ctl("volume", "rm", "--node", "host2", "there"), "there\n");
  });

  it("of slots bring their tasks back to their data: after updates, scaling, and for a service made anew", async () => {
    await createDatabase(3);
    const before = await places("db");
    assert.equal(new Set(before.values()).size, 3);
    await ctl("service", "update", "--quiet", "--force", "db");
    assert.deepEqual(await places("db"), before);
    await ctl("service", "scale", "--quiet", "db=1");
    await ctl("service", "scale", "--quiet", "db=3");
    assert.deepEqual(await places("db"), before);
    await ctl("service", "rm", "db");
    await waitFor("its tasks have gone", async () => (await lab.tryCtl("host1", "service", "ps", "db")).exitCode !== 0);
    await createDatabase(3);
    assert.deepEqual(await places("db"), before);
    const logs = await ctl("service", "logs", "--raw", "db");
    // Each start added a line: created, updated, scaled (two of them), created.
    assert.deepEqual(
      ["1", "2", "3"].map((slot) => logs.split("\n").filter((line) => line === slot).length >= 3),
      [true, true, true],
    );
  });

  it("of a slot on a host that is away: the task waits and says where; it goes elsewhere when that is given up", async () => {
    const [name, away] = [...(await places("db"))].find(([, node]) => node !== "host1") ?? ["", ""];
    const slot = name.split(".")[1] ?? "";
    await lab.powerOff(away);
    await waitFor("the task waits for the host", async () =>
      (await tasksOf(lab, "host1", "db")).some(
        (task) => task.Name === `db.${slot}` && task.Error.includes(`volume data-${slot} of the slot is on ${away}`),
      ),
    );
    await ctl("volume", "forget", "--force", "--node", away, `data-${slot}`);
    await waitFor("it runs elsewhere", async () => {
      const node = (await places("db")).get(name);
      return node !== undefined && node !== away;
    });
    await lab.boot(away);
    await waitFor("the host is back", async () => /Ready/.test(await ctl("node", "ls", "--filter", `name=${away}`)));
    const elsewhere = (await places("db")).get(name);
    await ctl("service", "update", "--quiet", "--force", "db");
    assert.equal((await places("db")).get(name), elsewhere, "the volume that was made later counts");
    await ctl("service", "rm", "db");
  });

  it("are backed up on one host and restored on another, from a third", async () => {
    await ctl("volume", "create", "--node", "host2", "from");
    await lab.exec("host2", "sh", "-c", "seq 1 200000 >/var/lib/swarm/volumes/from/_data/numbers");
    const archive = await lab.ctlBytes("host1", "volume", "export", "--node", "host2", "from");
    assert.ok(archive.stdout.length > 1_000_000);
    await lab.exec(
      "host1",
      "sh",
      "-c",
      "swarmctl volume export --node host2 from | swarmctl volume import --node host3 to",
    );
    const sums = await Promise.all(
      [
        ["host2", "from"],
        ["host3", "to"],
      ].map(([host = "", volume = ""]) =>
        lab.exec(host, "sha256sum", `/var/lib/swarm/volumes/${volume}/_data/numbers`),
      ),
    );
    assert.equal(sums[0]?.split(" ")[0], sums[1]?.split(" ")[0]);
  });
});
