/**
 * Logs that are followed while things go wrong: what a reader gets is every line, once and in order.
 */
import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LAB_NAME, Lab } from "../support/lab.ts";
import { untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const REPLICAS = 50;
/** Hosts share the directory. */
const FILE = join(tmpdir(), `followed-${LAB_NAME}`);
/** A hundred lines at once, ten times a second: the monitor gives many of them one instant. */
const COUNT = "i=0; while :; do seq $i $((i+99)); i=$((i+100)); sleep 0.1; done";

describe("following logs", () => {
  let lab: Lab;

  before(async () => {
    lab = await Lab.up(3, { managers: 3 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** Follows in the background of a host for some seconds, into a file. */
  async function follow(host: string, seconds: number, ...args: string[]): Promise<void> {
    const words = ["timeout", String(seconds), "swarmctl", ...args].join(" ");
    await lab.exec(host, "sh", "-c", `(${words} >${FILE} 2>${FILE}.err; touch ${FILE}.over) >/dev/null 2>&1 &`);
  }
  async function followed(host: string): Promise<readonly string[]> {
    await waitFor(
      "following has ended",
      async () => (await lab.tryExec(host, "test", "-e", `${FILE}.over`)).exitCode === 0,
    );
    const text = await lab.exec(host, "cat", FILE);
    await lab.exec(host, "rm", "-f", FILE, `${FILE}.err`, `${FILE}.over`);
    return text.split("\n").filter((line) => line !== "");
  }

  it("neither loses nor repeats a line when the leader is lost, and a host's daemon is", async () => {
    const leader = await leaderOf("host1");
    // Not where the leader is, for the command line could not reach any daemon there.
    const reader = leader === "host2" ? "host1" : "host2";
    const place = ["--name", "count", "--constraint", "node.hostname==host3", "--log-opt", "max-size=100m"];
    await lab.ctl(reader, "service", "create", "--quiet", ...place, "busybox", "sh", "-c", COUNT);
    await follow(reader, 40, "service", "logs", "--raw", "--follow", "count");
    await waitFor("lines come", async () => (await lab.exec(reader, "cat", FILE)).length > 1_000);
    await lab.killDaemon(leader);
    await waitFor("another one leads", async () => !["", leader].includes(await leaderOf(reader)));
    const before = (await lab.exec(reader, "wc", "-l", FILE)).split(" ")[0];
    await waitFor("lines come again", async () => (await lab.exec(reader, "wc", "-l", FILE)).split(" ")[0] !== before);
    await lab.startDaemon(leader);
    if (leader !== "host3") {
      await lab.killDaemon("host3");
      await lab.startDaemon("host3");
    }
    const lines = (await followed(reader)).map(Number);
    const wrong = lines.findIndex((line, at) => line !== at);
    assert.equal(wrong, -1, `line ${wrong} is ${lines[wrong]} of ${lines.length}`);
    assert.ok(lines.length > 5_000, `${lines.length} lines`);
    await lab.ctl(reader, "service", "rm", "count");
  });

  it(`of ${REPLICAS} replicas brings each replica's lines in their order`, async () => {
    const slowly = "i=0; while [ $i -lt 40 ]; do echo $i; i=$((i+1)); sleep 0.5; done; sleep 600";
    await lab.ctl(
      "host1",
      "service",
      "create",
      "--detach",
      "--name",
      "many",
      "--replicas",
      String(REPLICAS),
      "busybox",
      "sh",
      "-c",
      slowly,
    );
    await untilRunning(lab, "host1", "many", REPLICAS);
    await follow("host1", 30, "service", "logs", "--follow", "--no-task-ids", "many");
    const lines = await followed("host1");
    const byTask = Map.groupBy(lines, (line) => line.split(" ")[0] ?? "");
    assert.equal(byTask.size, REPLICAS);
    for (const [task, own] of byTask) {
      const numbers = own.map((line) => Number(line.split("| ")[1]));
      assert.deepEqual(
        numbers,
        numbers.map((_, at) => at),
        task,
      );
    }
    const tail = await lab.ctl("host1", "service", "logs", "--tail", "7", "many");
    assert.equal(tail.trim().split("\n").length, 7, "the last lines of all tasks together");
    assert.match(await lab.ctl("host1", "task", "logs", "--tail", "1", "many.7"), /^many\.7\.\w+@\S+ +\| \d+\n$/);
    await lab.ctl("host1", "service", "rm", "many");
  });

  async function leaderOf(by: string): Promise<string> {
    const { stdout } = await lab.tryCtl(by, "node", "ls", "--format", "{{.Hostname}} {{.ManagerStatus}}");
    return /^(\S+) Leader/m.exec(stdout)?.[1] ?? "";
  }
});
