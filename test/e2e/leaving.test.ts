/** A host that leaves while clients use what runs on it: they notice nothing. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { runningTasks, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const PORT = 8_090;
const ASKED_MIN = 20;

describe("a host that leaves", () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.up(3, { managers: 1 });
    const health = ["--health-cmd", "wget -q -O /dev/null http://127.0.0.1/", "--health-interval", "1s"];
    const elsewhere = ["--constraint", "node.hostname!=host1"];
    const web = ["--name", "web", "--replicas", "2", "-p", `${PORT}:80`, ...elsewhere, ...health];
    await lab.ctl("host1", "service", "create", "-d", "-q", ...web, "nginx");
    await untilRunning(lab, "host1", "web", 2);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it("fails no request of clients that ask by way of another host", async () => {
    assert.deepEqual((await runningTasks(lab, "host1", "web")).map(({ Node }) => Node).sort(), ["host2", "host3"]);
    await waitFor("the port answers", async () => (await lab.fetch("host1", "/", PORT)) !== null);
    const url = `http://${lab.ip("host1")}:${PORT}/`;
    // Asks over a new connection each time, until the file is there.
    const script = `asked=0; failed=0; while [ ! -e /run/enough ]; do asked=$((asked + 1));
      curl -sSf -m 10 -o /dev/null ${url} || failed=$((failed + 1)); echo $asked > /run/asked; done; echo "$asked $failed"`;
    const asking = lab.client("sh", "-c", script);
    const asked = async (): Promise<number> => Number((await lab.tryClient("cat", "/run/asked")).stdout);
    await waitFor("requests", async () => (await asked()) >= ASKED_MIN);
    await lab.ctl("host3", "leave");
    await untilRunning(lab, "host1", "web", 2, (tasks) => tasks.every(({ Node }) => Node === "host2"));
    const sofar = await asked();
    await waitFor("requests after it", async () => (await asked()) >= sofar + ASKED_MIN);
    await lab.client("touch", "/run/enough");
    assert.match(await asking, /^\d+ 0\n$/);
  });
});
