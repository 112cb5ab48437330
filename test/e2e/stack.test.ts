/** A stack from files, on three hosts: made, made again, changed, broken, removed. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const VISITS = join(import.meta.dirname, "../support/stacks/visits");
const PORT = 8088;
const ROUNDS = 3;

describe("a stack of two services", () => {
  let lab: Lab;
  let directory: string;
  const path = (name: string): string => join(directory, name);
  const deploy = (...more: string[]) =>
    lab.tryCtl("host1", "stack", "deploy", "-c", path("compose.yaml"), ...more, "visits");

  /** What is there of the stack: each object with its version, so that a touch shows. */
  async function objects(): Promise<readonly string[]> {
    const label = "label=com.docker.stack.namespace=visits";
    const all: string[] = [];
    for (const kind of ["service", "network", "secret", "config"]) {
      const listed = await lab.ctlJson<{ ID: string; Name: string }>("host1", kind, "ls", "--filter", label);
      for (const { ID, Name } of listed) {
        const [object] = await lab.ctlJson<{ Version?: { Index: number } }>("host1", kind, "inspect", ID);
        all.push(`${kind} ${Name} ${object?.Version?.Index ?? ""}`);
      }
    }
    return all.sort();
  }

  const namesOf = (all: readonly string[]): readonly string[] => all.map((line) => line.split(" ", 2).join(" "));

  before(async () => {
    lab = await Lab.up(3);
    directory = mkdtempSync(join(tmpdir(), "stack-"));
    cpSync(VISITS, directory, { recursive: true });
  });

  after(async () => {
    rmSync(directory, { recursive: true, force: true });
    await lab[Symbol.asyncDispose]();
  });

  it("runs when the command ends, each service after the one it waits for", async () => {
    const { exitCode, stdout, stderr } = await deploy();
    assert.equal(exitCode, 0, stderr);
    assert.match(stdout, /^visits_web: runs$/m);
    const pretty = await lab.ctl("host1", "service", "inspect", "--pretty", "visits_web");
    assert.match(pretty, /Depends On:\s+(- )?visits_counter:healthy/);
    for (const [at, host] of lab.hosts.entries())
      assert.equal(await lab.fetch(host, "/", PORT), `Hello visitor number ${at + 1}, the word is sesame\n`);
    const [stack] = await lab.ctlJson<{ Name: string; Services: string }>("host2", "stack", "ls");
    assert.deepEqual({ ...stack }, { Name: "visits", Services: "2" });
    assert.equal((await lab.ctl("host3", "stack", "ps", "--quiet", "visits")).trim().split("\n").length, 3);
  });

  it("is not touched by its files a second time", async () => {
    const before = await objects();
    assert.equal((await lab.tryCtl("host2", "stack", "diff", "-c", path("compose.yaml"), "visits")).stdout, "");
    assert.equal((await deploy()).exitCode, 0);
    assert.deepEqual(await objects(), before);
  });

  it("moves to a config whose file has changed, and drops the old one", async () => {
    writeFileSync(path("greeting"), "Welcome\n");
    const diff = await lab.tryCtl("host1", "stack", "diff", "-c", path("compose.yaml"), "visits");
    assert.equal(diff.exitCode, 1);
    assert.match(diff.stdout, /^\+ config visits_greeting_[0-9a-f]{12}\n~ service visits_web\n/);
    const before = namesOf(await objects());
    const { exitCode, stderr } = await deploy();
    assert.equal(exitCode, 0, stderr);
    assert.match((await lab.fetch("host2", "/", PORT)) ?? "", /^Welcome number \d+, the word is sesame\n$/);
    const after = namesOf(await objects());
    assert.deepEqual(
      before.filter((name) => !after.includes(name)),
      ["config visits_greeting"],
    );
  });

  it("is as it was after a deployment with --atomic that fails, which says which task failed and its last words", async () => {
    const before = await objects();
    writeFileSync(
      path("broken.yaml"),
      [
        "services:",
        "  extra: { image: busybox, command: [sleep, inf], networks: [side] }",
        "  web:",
        '    command: [sh, -c, "echo these are my last words; exit 3"]',
        "    deploy: { restart_policy: { condition: none } }",
        "networks: { side: }",
        "",
      ].join("\n"),
    );
    writeFileSync(path("greeting"), "Never\n");
    const { exitCode, stdout, stderr } = await deploy("-c", path("broken.yaml"), "--atomic");
    assert.equal(exitCode, 1);
    assert.match(stderr, /Task visits_web\.\d\.\w+ failed: .*3/);
    assert.match(`${stdout}${stderr}`, /visits_web\.\d\.\w+@host\d +\| these are my last words/);
    assert.match(
      stderr,
      /Error: stack visits was not deployed, and everything is as it was: visits_web: service update paused/,
    );
    assert.deepEqual(namesOf(await objects()), namesOf(before));
    await waitFor("the page of before", async () =>
      /^Welcome number/.test((await lab.fetch("host3", "/", PORT)) ?? ""),
    );
    writeFileSync(path("greeting"), "Welcome\n");
    assert.equal((await lab.tryCtl("host1", "stack", "diff", "-c", path("compose.yaml"), "visits")).stdout, "");
  });

  it("leaves nothing when it is removed, and can be made again at once", async () => {
    for (let round = 1; round <= ROUNDS; round++) {
      const removed = await lab.tryCtl("host1", "stack", "rm", "visits");
      assert.equal(removed.exitCode, 0, removed.stderr);
      assert.deepEqual(await objects(), []);
      const { exitCode, stderr } = await deploy(...(round < ROUNDS ? ["--detach"] : []));
      assert.equal(exitCode, 0, `round ${round}: ${stderr}`);
    }
    // The volume is kept, and with it the number.
    assert.match((await lab.fetch("host1", "/", PORT)) ?? "", /^Welcome number [1-9]\d*, the word is sesame\n$/);
  });

  it("builds an image as the file says, and brings it to every node", async () => {
    writeFileSync(path("made"), "made here\n");
    writeFileSync(
      path("built.yaml"),
      [
        "services:",
        "  made:",
        "    build:",
        "      context: .",
        "      secrets: [word]",
        "      shm_size: 100m",
        "      ulimits: { nofile: { soft: 77, hard: 88 } }",
        "      network: none",
        "      dockerfile_inline: |",
        "        FROM busybox",
        "        COPY made /made",
        "        RUN --mount=type=secret,id=word cp /run/secrets/word /kept",
        "        RUN echo $$(ulimit -n) $$(ulimit -Hn) $$(df -k /dev/shm | grep -o 102400) $$(ls /sys/class/net) >/limits",
        '        CMD ["sh", "-c", "cat /made /limits /kept; sleep 1000"]',
        "    deploy: { mode: global }",
        "secrets: { word: { file: ./word } }",
        "",
      ].join("\n"),
    );
    const { exitCode, stderr } = await lab.tryCtl("host1", "stack", "deploy", "-c", path("built.yaml"), "built");
    assert.equal(exitCode, 0, stderr);
    await waitFor("the words of all three", async () => {
      const { stdout } = await lab.tryCtl("host2", "stack", "logs", "built");
      const said = (host: string, word: string): boolean => new RegExp(`@${host} +\\| ${word}$`, "m").test(stdout);
      return lab.hosts.every((host) =>
        ["made here", "sesame", "77 88 102400 102400 lo"].every((word) => said(host, word)),
      );
    });
    assert.equal((await lab.tryCtl("host1", "stack", "rm", "built")).exitCode, 0);
  });

  it("has what Compose has no words for, and is changed by it", async () => {
    const file = (priority: number): string => `services:
  loop:
    image: busybox
    command: sleep 1000
    deploy:
      x-swarm: { priority: ${priority}, affinity: "service!=loop,soft", pre_deploy: "true", max_unavailable: 1 }
`;
    const compose = path("x-swarm.yaml");
    writeFileSync(compose, file(60));
    const stack = (...words: string[]) => lab.tryCtl("host1", "stack", words[0] ?? "", "-c", compose, "own");
    const { exitCode, stderr } = await stack("deploy");
    assert.equal(exitCode, 0, stderr);
    assert.equal((await stack("diff")).stdout, "");
    const pretty = await lab.ctl("host1", "service", "inspect", "--pretty", "own_loop");
    assert.match(pretty, /Pre-Deploy:\s+Command:\s+true\s+State:\s+succeeded/);
    assert.match(pretty, /Priority:\s+60/);
    assert.match(pretty, /Affinities:\s+.*service!=own_loop,soft/);
    writeFileSync(compose, file(101));
    assert.match((await stack("deploy")).stderr, /x-swarm\.yaml:6: .*x-swarm\.priority: 101 is not a whole number/);
    await lab.ctl("host1", "stack", "rm", "own");
  });

  it("makes nothing of files with a fault, and names file and line", async () => {
    const before = await objects();
    writeFileSync(path("bad.yaml"), "services:\n  web:\n    image: nothing/like-this:1\n");
    const { exitCode, stderr } = await lab.tryCtl("host1", "stack", "deploy", "-c", path("bad.yaml"), "bad");
    assert.equal(exitCode, 1);
    assert.match(stderr, /^Error: .*bad\.yaml:2: service web: image nothing\/like-this:1 not found/);
    assert.deepEqual(await objects(), before);
    assert.doesNotMatch(await lab.ctl("host1", "stack", "ls"), /bad/);
  });
});
