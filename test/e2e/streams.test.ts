/**
 * Into containers of other hosts and out of them: bytes, terminals, exit codes, files, and what happens when somebody
 * goes.
 */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { tasksOf } from "../support/services.ts";
import { type TarEntry, tar } from "../support/tar.ts";
import { waitFor } from "../support/wait.ts";

const MB = 1_000_000;

describe("containers of another host", () => {
  let lab: Lab;
  /** Of this machine; the lab's hosts see it as well. */
  let directory: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "swarm-streams-"));
    lab = await Lab.up(2, { managers: 1 });
    const where = ["--constraint", "node.hostname==host2"];
    await lab.ctl("host1", "service", "create", "--detach", "--name", "web", ...where, "busybox", "sleep", "100000");
    await waitFor("web runs", async () =>
      (await tasksOf(lab, "host1", "web")).some(({ CurrentState }) => CurrentState.startsWith("Running")),
    );
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const inShell = (script: string): Promise<string> => lab.exec("host1", "sh", "-c", script);
  const SWARMCTL = "swarmctl --socket /run/swarm/swarmd.sock";

  it("take 100 MB on standard input and give them back, byte for byte", async () => {
    const bytes = randomBytes(100 * MB);
    const file = join(directory, "big");
    writeFileSync(file, bytes);
    const stdout = await inShell(`${SWARMCTL} exec -i web.1 cat <${file} | sha256sum`);
    assert.equal(stdout.trim(), `${createHash("sha256").update(bytes).digest("hex")}  -`);
  });

  it("pass on exit codes, those of programs that cannot run as well", async () => {
    const codes: readonly (readonly [command: string, code: string])[] = [
      ["sh -c 'exit 42'", "42"],
      ["sh -c 'kill -9 $$'", "137"],
      ["nosuch", "127"],
      ["/etc/passwd", "126"],
    ];
    for (const [command, code] of codes) {
      const stdout = await inShell(`${SWARMCTL} exec web.1 ${command} 2>/dev/null; echo $?`);
      assert.equal(stdout.trim(), code, command);
    }
  });

  it("say why a process cannot begin with 126, and which tasks of a service ended with what", async () => {
    const refusals: readonly (readonly [words: readonly string[], sentence: string])[] = [
      [["-u", "nosuch", "web.1", "id"], 'user "nosuch" is not in the image\'s /etc/passwd'],
      [["-w", "tmp", "web.1", "pwd"], 'invalid working directory "tmp": it must be an absolute path'],
    ];
    for (const [words, sentence] of refusals) {
      const { exitCode, stderr } = await lab.tryCtl("host1", "exec", ...words);
      assert.deepEqual([exitCode, stderr.trim()], [126, sentence]);
    }
    const { exitCode, stderr } = await lab.tryCtl("host1", "service", "exec", "--all", "web", "sh", "-c", "exit 3");
    assert.deepEqual([exitCode, stderr.trim()], [3, "exit code 3: web.1@host2"]);
  });

  it("have terminals of the right size from the first moment on", async () => {
    const command = `stty rows 33 cols 99; ${SWARMCTL} exec -it web.1 sh -c "stty size; tty"`;
    const stdout = await inShell(`script -qec '${command}' /dev/null`);
    // script passes the end of its own input on as a character, which the inner terminal may echo as ^@.
    assert.match(stdout, /33 99\r*\n(?:\^@)?\/dev\/pts\/0/);
  });

  it("end a process whose client was killed", async () => {
    const isThere = async (): Promise<boolean> =>
      (await lab.ctl("host1", "top", "web.1", "-o", "pid,args")).includes("sleep 4321");
    const client = inShell(`${SWARMCTL} exec web.1 sleep 4321 & echo $! >${directory}/pid; wait`);
    await waitFor("the process", isThere);
    await inShell(`kill -9 $(cat ${directory}/pid)`);
    await client.catch(() => {});
    await waitFor("its end", async () => !(await isThere()));
  });

  it("give and take files and directories", async () => {
    await inShell(`mkdir -p ${directory}/d/sub && echo one >${directory}/d/sub/f && ln -s /etc ${directory}/d/link`);
    await lab.ctl("host1", "cp", `${directory}/d`, "web.1:/tmp/copy");
    await lab.ctl("host1", "cp", "web.1:/tmp/copy", `${directory}/back`);
    assert.equal(readFileSync(join(directory, "back/sub/f"), "utf8"), "one\n");
    const stdout = await lab.ctl("host1", "exec", "web.1", "readlink", "/tmp/copy/link");
    assert.equal(stdout.trim(), "/etc");
  });

  it("are not left by any archive or link", async () => {
    const canary = join(directory, "canary");
    const attacks: Readonly<Record<string, readonly TarEntry[]>> = {
      up: [{ path: `../../../../../../..${canary}`, content: "x" }],
      absolute: [{ path: canary, content: "x" }],
      link: [
        { path: "l", type: "link", target: directory },
        { path: "l/canary", content: "x" },
      ],
      linkUp: [
        { path: "u", type: "link", target: `../../../../../../../..${directory}` },
        { path: "u/canary", content: "x" },
      ],
      hardLink: [{ path: "h", type: "hardLink", target: "../../../../../../../../etc/shadow" }],
      device: [{ path: "dev", type: "block", device: [8, 0] }],
    };
    for (const [name, entries] of Object.entries(attacks)) {
      const file = join(directory, `${name}.tar`);
      writeFileSync(file, tar(entries));
      await inShell(`${SWARMCTL} cp - web.1:/tmp <${file} || true`);
    }
    await assert.rejects(async () => readFileSync(canary), { code: "ENOENT" });
    await lab.ctl("host1", "exec", "web.1", "ln", "-sf", `../../../../../../..${directory}/pid`, "/out");
    const stdout = await inShell(`${SWARMCTL} cp -L web.1:/out - 2>&1 | tar -t 2>/dev/null | wc -l`);
    assert.equal(stdout.trim(), "0");
  });

  it("show what they changed, and no places of mounts", async () => {
    await lab.ctl("host1", "exec", "web.1", "sh", "-c", "rm -rf /tmp/* /out; mkdir /new; rm /bin/ls");
    const stdout = await lab.ctl("host1", "diff", "web.1");
    assert.ok(stdout.includes("A /new\n"), stdout);
    assert.match(stdout, /^D \S*bin\/ls$/m);
    assert.doesNotMatch(stdout, /hostname|resolv\.conf/);
  });

  it("are cut off with the host's name when it goes", async () => {
    const cut = inShell(`${SWARMCTL} exec web.1 sleep 1000 2>&1; true`);
    await waitFor("the process", async () =>
      (await lab.ctl("host1", "top", "web.1", "-o", "pid,args")).includes("sleep 1000"),
    );
    await lab.killDaemon("host2");
    assert.match(await cut, /node host2 was lost during the call/);
    await lab.startDaemon("host2");
  });
});
