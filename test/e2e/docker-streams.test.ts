/** Docker's own command line talks with processes: attach, terminals, logs through a change of the leader. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { LAB_NAME, Lab } from "../support/lab.ts";
import { leaderOf, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

/** Hosts and this process share it. */
const FILE = join(tmpdir(), `docker-followed-${LAB_NAME}`);
const COUNT = "i=0; while :; do seq $i $((i+99)); i=$((i+100)); sleep 0.1; done";
describe("docker's command line talks with processes", { timeout: 600_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  let near: string;
  before(async () => {
    lab = await Lab.up(3, { managers: 3 });
    docker = await DockerCli.on(lab);
    near = (await docker.run("host1", "run", "-d", "busybox", "sleep", "100000")).slice(0, 64);
  });
  after(async () => {
    docker?.[Symbol.dispose]();
    await lab?.[Symbol.asyncDispose]();
    for (const file of [FILE, `${FILE}.pid`]) rmSync(file, { force: true });
  });

  const inShell = (host: string, script: string): Promise<string> => lab.exec(host, "sh", "-c", script);
  const bytes = (): number => (existsSync(FILE) ? statSync(FILE).size : 0);
  const logOf = (name: string): Promise<string> => docker.run("host1", "logs", name);

  it("attaches to the first process, and leaves it as it is when it goes", async () => {
    const loop = "while read x; do echo got $x; done; echo end";
    await docker.run("host1", "run", "-d", "-i", "--name", "kept", "busybox", "sh", "-c", loop);
    const attach = words("attach", "--sig-proxy=false", "kept");
    for (const word of ["one", "two"]) {
      // What it said is awaited in the shell: a loaded machine takes seconds to start the client.
      const heard = `for i in $(seq 600); do grep -q "got ${word}" ${FILE} && break; sleep 0.1; done`;
      await inShell("host1", `echo ${word} | ${attach} >${FILE} & ${heard}; kill -9 $!; cat ${FILE}`);
      await waitFor(`the word ${word}`, async () => (await logOf("kept")).endsWith(`got ${word}`));
    }
    assert.equal(await docker.run("host1", "inspect", "-f", "{{.State.Running}}", "kept"), "true");
    await docker.run("host1", "rm", "-f", "kept");
  });

  it("runs a shell in a terminal of the right size, in a task of another host as well", async () => {
    const place = ["--constraint", "node.hostname==host2", "--no-resolve-image"];
    await docker.run("host1", "service", "create", "--quiet", "--name", "web", ...place, "busybox", "sleep", "100000");
    const far = await docker.run("host2", "ps", "-q", "--no-trunc", "--filter", "name=web");
    assert.match(far, /^[0-9a-f]{64}$/);
    for (const container of [near, far]) {
      const inner = `${words("exec", "-it", container)} sh -c "stty size; tty; exit 42"`;
      const said = await inShell("host1", `script -qec 'stty rows 33 cols 99; ${inner}' /dev/null; echo code $?`);
      assert.match(said, /33 99\r*\n(?:\^@)?\/dev\/pts\/0/, container);
      assert.match(said, /code 42/);
    }
    await docker.run("host1", "service", "rm", "web");
  });

  it("leaves a process with a terminal by the keys for it: it goes on, whatever it writes, and is seen", async () => {
    // The keys are pressed once it writes, so that they are never those of the terminal before it.
    const count = "i=0; while :; do i=$((i+1)); echo $i | tee /count; sleep 0.1; done";
    await docker.run("host1", "exec", near, "sh", "-c", `echo '${count}' >/count.sh`);
    const inner = words("exec", "-it", "--detach-keys", "ctrl-a", near, "sh", "/count.sh");
    const keys = `for i in $(seq 60); do ${words("exec", near, "test", "-s", "/count")} && break; sleep 0.3; done`;
    const said = await inShell(
      "host1",
      `(${keys}; printf '\\001'; sleep 3) | timeout 40 script -qec '${inner}' /dev/null; true`,
    );
    assert.match(said, /read escape sequence/);
    const counted = async (): Promise<number> => Number(await docker.run("host1", "exec", near, "cat", "/count"));
    const left = await counted();
    await waitFor("it goes on counting", async () => (await counted()) > left + 30);
    assert.match(await docker.run("host1", "top", near, "-o", "pid,args"), /sh \/count\.sh/);
  });

  it("leaves a process without a terminal when it is killed: its input ends, and it goes on", async () => {
    const script = "cat >/dev/null; echo ended >/input; sleep 100000";
    const exec = words("exec", "-i", near, "sh", "-c", `'${script}'`);
    const runs = `for i in $(seq 600); do ${words("top", near)} | grep -q '[c]at$' && break; sleep 0.1; done`;
    await inShell("host1", `sleep 100 2>&- | ${exec} >&- 2>&- & ${runs}; kill -9 $!; true`);
    await waitFor(
      "the end of its input",
      async () => (await docker.try("host1", "exec", near, "cat", "/input")).stdout,
    );
    assert.match(await docker.run("host1", "top", near, "-o", "pid,args"), /sleep 100000$/m);
    const [id = ""] = JSON.parse(await docker.run("host1", "inspect", "-f", "{{json .ExecIDs}}", near)).slice(-1);
    const shown = await inShell("host1", `curl -s --unix-socket /run/swarm/docker.sock http://d/exec/${id}/json`);
    const { Running, Pid } = JSON.parse(shown) as { Running: boolean; Pid: number };
    assert.ok(Running && Pid > 0, shown);
    assert.match(await inShell("host1", `tr '\\0' ' ' </proc/${Pid}/cmdline`), /^sleep 100000 $/);
  });

  it("neither loses nor repeats a line of a service's log when the leader is lost", async () => {
    const leader = await leaderOf(lab, "host1");
    const reader = leader === "host2" ? "host1" : "host2";
    const place = ["--constraint", `node.hostname==${reader}`, "--log-opt", "max-size=100m", "--no-resolve-image"];
    await docker.run(reader, "service", "create", "--quiet", "--name", "count", ...place, "busybox", "sh", "-c", COUNT);
    await untilRunning(lab, reader, "count", 1);
    const logs = words("service", "logs", "--raw", "--follow", "count");
    const following = inShell(reader, `timeout -s KILL 120 ${logs} >${FILE} & echo $! >${FILE}.pid; wait; true`);
    await waitFor("lines come", async () => bytes() > 1_000);
    await lab.killDaemon(leader);
    await waitFor("another one leads", async () => !["", leader].includes(await leaderOf(lab, reader)));
    const before = bytes();
    await waitFor("lines come again", async () => bytes() > before);
    await inShell(reader, `kill $(cat ${FILE}.pid); true`);
    await following;
    // The last line may be cut off with its reader.
    const lines = readFileSync(FILE, "utf8").split("\n").slice(0, -1).map(Number);
    const wrong = lines.findIndex((line, at) => line !== at);
    assert.equal(wrong, -1, `line ${wrong} is ${lines[wrong]} of ${lines.length}`);
  });

  /** A command of docker for a shell; none of the words here needs quotes. */
  function words(...args: string[]): string {
    return docker.command(...args).join(" ");
  }
});
