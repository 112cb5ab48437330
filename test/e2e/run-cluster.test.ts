/** `swarmctl run --cluster` with real containers: output, exit code, signals, and what is left afterwards. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const CTL = "swarmctl --socket /run/swarm/swarmd.sock";

describe("a command that runs once in the swarm", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(2);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const names = async (): Promise<readonly string[]> =>
    (await lab.ctl("host1", "service", "ls", "--format", "{{.Name}}")).split("\n").filter(Boolean);
  const tryRun = (...words: readonly string[]) => lab.tryCtl("host1", "run", "--cluster", ...words);

  it("gives its output, both streams apart and unchanged, and its exit code", async () => {
    const script = "printf 'one\\ntwo'; echo three >&2; exit 7";
    const { exitCode, stdout, stderr } = await tryRun("--name", "seven", "busybox", "sh", "-c", script);
    assert.deepEqual([exitCode, stdout, stderr], [7, "one\ntwo", "three\n"]);
    assert.ok((await names()).includes("seven"), "its record stays");
  });

  it("runs on a node of its choice, and with --rm leaves nothing", async () => {
    const words = [
      "--rm",
      "--name",
      "where",
      "--constraint",
      "node.hostname==host2",
      "--hostname",
      "{{.Node.Hostname}}",
    ];
    const { exitCode, stdout } = await tryRun(...words, "busybox", "hostname");
    assert.deepEqual([exitCode, stdout], [0, "host2\n"]);
    await waitFor("the job is gone", async () => !(await names()).includes("where"));
  });

  it("misses nothing of a thousand lines written at once", async () => {
    const { stdout } = await tryRun("--rm", "busybox", "seq", "1000");
    assert.equal(stdout, Array.from({ length: 1000 }, (_, at) => `${at + 1}\n`).join(""));
  });

  it("that cannot be run ends with 125 and says why", async () => {
    const { exitCode, stderr } = await tryRun("--rm", "busybox", "no-such-program");
    assert.equal(exitCode, 125);
    assert.match(stderr, /no-such-program/);
  });

  it("that has no place says so, and Ctrl-C takes the job away", async () => {
    const line = `${CTL} run --cluster --name nowhere --constraint node.labels.moon==1 busybox true`;
    const { exitCode, stderr } = await lab.tryExec("host1", "sh", "-c", `timeout --preserve-status -s INT 4 ${line}`);
    assert.match(stderr, /^swarmctl: no suitable node .*\n$/, "and nothing else");
    assert.equal(exitCode, 130);
    await waitFor("the job is gone", async () => !(await names()).includes("nowhere"));
  });

  it("gets signals, and decides itself how it ends", async () => {
    const script = "trap 'echo bye; exit 5' INT; echo ready; while :; do sleep 0.1; done";
    const line = `timeout -s INT 6 ${CTL} run --cluster --name polite busybox sh -c "${script}"; echo code $?`;
    const { stdout } = await lab.tryExec("host1", "sh", "-c", line);
    assert.match(stdout, /^ready\nbye\n/);
  });

  it("has this command's input with -i, to its end", async () => {
    const line = `seq 1 1000 | ${CTL} run --cluster --rm -i busybox wc -l`;
    assert.equal((await lab.tryExec("host1", "sh", "-c", line)).stdout, "1000\n");
  });

  /** A terminal that types what is written to file descriptor 3, without an end of input. */
  const onTerminal = (words: string, typed: string): string => `d=$(mktemp -d); mkfifo $d/typed; exec 3<>$d/typed
    script -qec "stty rows 31 cols 97; ${CTL} run --cluster ${words}" /dev/null <$d/typed >$d/seen & pid=$!
    ${typed}
    wait $pid; echo "code $?"; tr -d '\\r' <$d/seen; rm -r $d`;

  it("is a terminal with -it on any host: its size, its prompt, Ctrl-C and its exit code", async () => {
    const script = onTerminal(
      "--rm -it --constraint node.hostname==host2 busybox sh",
      `printf 'echo two-$((1+1)); stty size; sleep 100\n' >&3
      until grep -q '31 97' $d/seen; do sleep 0.2; done
      printf '\\003' >&3; printf 'echo left-$?\nexit 6\n' >&3`,
    );
    const { stdout } = await lab.tryExec("host1", "bash", "-c", script);
    assert.match(stdout, /^code 6\n/);
    assert.match(stdout, /two-2\n31 97\n/);
    assert.match(stdout, /left-130\n/);
  });

  it("is left alone by the keys for that, and goes on", async () => {
    const script = onTerminal(
      "--name kept -it busybox sh",
      `printf 'echo in-$((1+1))\n' >&3; until grep -q in-2 $d/seen; do sleep 0.2; done
      printf '\\020\\021' >&3`,
    );
    assert.match((await lab.tryExec("host1", "bash", "-c", script)).stdout, /^code 0\n/);
    assert.match(await lab.ctl("host1", "service", "ps", "--format", "{{.CurrentState}}", "kept"), /^Running/);
    await lab.ctl("host1", "service", "rm", "kept");
  });

  it("prints an id and lets go with --detach", async () => {
    const id = (await lab.ctl("host1", "run", "--cluster", "-d", "--name", "later", "busybox", "echo", "done")).trim();
    assert.match(id, /^[0-9a-z]{25}$/);
    const raw = (): Promise<string> => lab.ctl("host1", "service", "logs", "--raw", "later");
    await waitFor("it has written", async () => (await raw()) === "done\n");
  });
});
