/** Docker's own command line talks with processes: attach, terminals, logs through a change of the leader. */
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { LAB_NAME, Lab } from "../support/lab.ts";
import { leaderOf, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

/** Hosts and this process share it. */
const FILE = `/tmp/docker-followed-${LAB_NAME}`;
const COUNT = "i=0; while :; do seq $i $((i+99)); i=$((i+100)); sleep 0.1; done";

describe("docker's command line talks with processes", { timeout: 600_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  before(async () => {
    lab = await Lab.up(3, { managers: 3 });
    docker = await DockerCli.on(lab);
  });
  after(async () => {
    docker?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
    rmSync(FILE, { force: true });
  });

  const inShell = (host: string, script: string): Promise<string> =>
    lab.exec(host, "sh", "-c", `docker() { ${docker.command().join(" ")} "$@"; }; ${script}`);
  const logOf = (name: string): Promise<string> => docker.run("host1", "logs", name);

  it("attaches to the first process, and leaves it as it is when it goes", async () => {
    const loop = "while read x; do echo got $x; done; echo end";
    await docker.run("host1", "run", "-d", "-i", "--name", "kept", "busybox", "sh", "-c", loop);
    for (const word of ["one", "two"]) {
      await inShell("host1", `echo ${word} | timeout -k 1 3 ${words("attach", "--sig-proxy=false", "kept")}; true`);
      await waitFor(`the word ${word}`, async () => (await logOf("kept")).endsWith(`got ${word}`));
    }
    const seen = await inShell(
      "host1",
      `timeout -k 1 3 ${words("attach", "--no-stdin", "--sig-proxy=false", "kept")} &
      sleep 1; echo three | timeout -k 1 1 ${words("attach", "--sig-proxy=false", "kept")}; wait; true`,
    );
    assert.match(seen, /got three/);
    assert.equal(await docker.run("host1", "inspect", "-f", "{{.State.Running}}", "kept"), "true");
    await docker.run("host1", "rm", "-f", "kept");
  });

  it("runs a shell in a terminal of the right size, in a task of another host as well", async () => {
    const place = ["--constraint", "node.hostname==host2", "--no-resolve-image"];
    await docker.run("host1", "service", "create", "--quiet", "--name", "web", ...place, "busybox", "sleep", "100000");
    const [task = ""] = (await docker.run("host1", "ps", "-aq", "--no-trunc")).split("\n");
    assert.equal(task, "", "it runs elsewhere");
    const far = (await docker.run("host2", "ps", "-q", "--no-trunc", "--filter", "name=web")).trim();
    await docker.run("host1", "run", "-d", "--name", "near", "busybox", "sleep", "100000");
    for (const container of ["near", far]) {
      const inner = `${words("exec", "-it", container)} sh -c "stty size; tty; exit 42"`;
      const said = await inShell("host1", `script -qec 'stty rows 33 cols 99; ${inner}' /dev/null; echo code $?`);
      assert.match(said, /33 99\r*\n(?:\^@)?\/dev\/pts\/0/, container);
      assert.match(said, /code 42/);
    }
    await docker.run("host1", "rm", "-f", "near");
    await docker.run("host1", "service", "rm", "web");
  });

  it("leaves a process by the keys for it, which goes on", async () => {
    await docker.run("host1", "run", "-d", "--name", "near", "busybox", "sleep", "100000");
    const inner = words("exec", "-it", "--detach-keys", "ctrl-a", "near", "sleep", "4321");
    await inShell("host1", `(sleep 2; printf '\\001'; sleep 1) | timeout 20 script -qec '${inner}' /dev/null; true`);
    assert.match(await docker.run("host1", "top", "near", "-o", "pid,args"), /sleep 4321/);
    await docker.run("host1", "rm", "-f", "near");
  });

  it("neither loses nor repeats a line of a service's log when the leader is lost", async () => {
    const leader = await leaderOf(lab, "host1");
    const reader = leader === "host2" ? "host1" : "host2";
    const place = ["--constraint", "node.hostname==host3", "--log-opt", "max-size=100m", "--no-resolve-image"];
    await docker.run(reader, "service", "create", "--quiet", "--name", "count", ...place, "busybox", "sh", "-c", COUNT);
    await untilRunning(lab, reader, "count", 1);
    const following = inShell(
      reader,
      `timeout 25 ${words("service", "logs", "--raw", "--follow", "count")} >${FILE}; true`,
    );
    const bytes = (): number => readFileSync(FILE).length;
    await waitFor("lines come", async () => bytes() > 1_000);
    await lab.killDaemon(leader);
    await waitFor("another one leads", async () => !["", leader].includes(await leaderOf(lab, reader)));
    const before = bytes();
    await waitFor("lines come again", async () => bytes() > before);
    await lab.startDaemon(leader);
    await following;
    // The last line may be cut off with its reader.
    const lines = readFileSync(FILE, "utf8").split("\n").slice(0, -1).map(Number);
    const wrong = lines.findIndex((line, at) => line !== at);
    assert.equal(wrong, -1, `line ${wrong} is ${lines[wrong]} of ${lines.length}`);
    await docker.run(reader, "service", "rm", "count");
  });

  /** A command of docker for a shell; none of the words here needs quotes. */
  function words(...args: string[]): string {
    return docker.command(...args).join(" ");
  }
});
