/** Lines of a container in systemd's own journal, on a host of a lab, also while the journal is away. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const JOURNALD = "/lib/systemd/systemd-journald";
const LINES = 200;
const skip = existsSync(JOURNALD) ? false : "systemd-journald is not here";

describe("the journal of systemd", { skip }, () => {
  let lab: Lab;
  const onHost = (script: string): Promise<string> => lab.exec("host1", "sh", "-c", script);
  const start = (): Promise<string> =>
    onHost(`mkdir -p /run/systemd/journal /run/log/journal; setsid ${JOURNALD} </dev/null >/dev/null 2>&1 &`);
  /** That of this host: its own /run is what tells it from others. */
  const stop = (): Promise<string> =>
    onHost(`for pid in $(pgrep -x systemd-journal); do
      if [ "$(readlink /proc/$pid/ns/mnt)" = "$(readlink /proc/self/ns/mnt)" ]; then kill $pid; fi
    done`);
  const entries = async (): Promise<readonly Record<string, unknown>[]> => {
    const text = await onHost(
      "journalctl -D /run/log/journal --no-pager -o json CONTAINER_NAME=noted 2>/dev/null; true",
    );
    return text
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const numbered = async (): Promise<readonly unknown[]> =>
    (await entries()).map((entry) => entry["MESSAGE"]).filter((said) => /^line \d+$/.test(String(said)));

  before(async () => {
    lab = await Lab.up(1, { noSwarm: true });
    await start();
    await waitFor("the journal's socket", async () => (await onHost("ls /run/systemd/journal")).includes("socket"));
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it("has each line once, with what Docker says of it, over a time without the journal", async () => {
    const script = `
      i=0; while [ $i -lt ${LINES} ]; do echo line $i; i=$((i+1)); sleep 0.02; done; echo oops >&2; sleep 900`;
    const driver = ["--log-driver", "journald", "--log-opt", "tag=of-it", "--log-opt", "labels=team"];
    await lab.ctl(
      "host1",
      "run",
      "-d",
      "--name",
      "noted",
      ...driver,
      "--label",
      "team=red",
      "busybox",
      "sh",
      "-c",
      script,
    );
    await waitFor("the first lines", async () => (await numbered()).length > 0);
    await stop();
    await waitFor("the container to write its last line", async () =>
      (await lab.ctl("host1", "logs", "--tail", "3", "noted")).includes(`line ${LINES - 1}`),
    );
    assert.ok((await numbered()).length < LINES, "lines wait for the journal");
    await start();
    await waitFor("the last line", async () => (await entries()).some((entry) => entry["MESSAGE"] === "oops"));
    assert.deepEqual(
      await numbered(),
      Array.from({ length: LINES }, (_, at) => `line ${at}`),
    );
    const [first, last] = [(await entries())[0], (await entries()).find((entry) => entry["MESSAGE"] === "oops")];
    const fields = ["CONTAINER_NAME", "CONTAINER_TAG", "SYSLOG_IDENTIFIER", "IMAGE_NAME", "TEAM", "PRIORITY"];
    assert.deepEqual(
      fields.map((name) => first?.[name]),
      ["noted", "of-it", "of-it", "busybox", "red", "6"],
    );
    assert.equal(last?.["PRIORITY"], "3", "standard error is an error");
    assert.match(String(first?.["CONTAINER_ID_FULL"]), /^[0-9a-f]{64}$/);
  });
});
