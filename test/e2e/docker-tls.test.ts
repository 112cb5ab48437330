/** Docker's own command line over TLS, from a machine outside of the swarm. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import { type CommandResult, Lab } from "../support/lab.ts";
import { TlsFiles } from "../support/tls-files.ts";

const ADDRESS = "10.77.0.1";

describe("Docker's API over TCP", { timeout: 600_000 }, () => {
  const files = new TlsFiles();
  let lab: Lab;
  let program: string;
  before(async () => {
    const ca = files.authority("ca");
    files.certificate("server", "ca", ADDRESS);
    files.certificate("client", "ca");
    files.authority("other");
    files.certificate("stranger", "other");
    const tls = ["--tlsverify", "--tlscacert", ca, "--tlscert", files.path("server"), "--tlskey", files.key("server")];
    lab = await Lab.up(1, { noSwarm: true, daemonOptions: ["-H", `tcp://${ADDRESS}`, ...tls] });
    program = await toolPath("docker");
  });
  after(async () => {
    files[Symbol.dispose]();
    await lab[Symbol.asyncDispose]();
  });

  const docker = (client: string | null, ...words: string[]): Promise<CommandResult> => {
    const shown =
      client === null
        ? []
        : [
            "--tlsverify",
            "--tlscacert",
            files.path("ca"),
            "--tlscert",
            files.path(client),
            "--tlskey",
            files.key(client),
          ];
    const environment = ["env", `HOME=${files.directory}`, "DOCKER_BUILDKIT=0"];
    return lab.tryClient(...environment, program, "-H", `tcp://${ADDRESS}:2376`, ...shown, ...words);
  };
  const ask = async (...words: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await docker("client", ...words);
    assert.equal(exitCode, 0, `${words.join(" ")}: ${stderr}`);
    return stdout.trim();
  };

  it("makes and runs a swarm for who shows a certificate", async () => {
    assert.match(await ask("swarm", "init", "--advertise-addr", ADDRESS), /^Swarm initialized/);
    assert.equal(await ask("node", "ls", "--format", "{{.Hostname}} {{.Status}}"), "host1 Ready");
    await ask("service", "create", "--quiet", "--name", "web", "--no-resolve-image", "whoami");
    assert.equal(await ask("service", "ls", "--format", "{{.Name}} {{.Replicas}}"), "web 1/1");
    assert.match(await lab.ctl("host1", "info"), /^Docker API: .*tcp:\/\/10\.77\.0\.1:2376$/m);
  });

  it("carries raw streams with half-closed ends, and files", async () => {
    await ask("pull", "--quiet", "busybox");
    const copied = await lab.tryClient(
      ...["sh", "-c", `printf 'one\\ntwo' | "$0" "$@"`, "env", `HOME=${files.directory}`, program],
      ...["-H", `tcp://${ADDRESS}:2376`, "--tlsverify", "--tlscacert", files.path("ca")],
      ...["--tlscert", files.path("client"), "--tlskey", files.key("client")],
      ...["run", "--rm", "-i", "busybox", "sh", "-c", "cat; echo :end; exit 7"],
    );
    assert.deepEqual([copied.exitCode, copied.stdout], [7, "one\ntwo:end\n"], copied.stderr);
    writeFileSync(join(files.directory, "page"), "hello");
    await ask("create", "--name", "box", "busybox", "sleep", "inf");
    await ask("cp", join(files.directory, "page"), "box:/page");
    await ask("start", "box");
    assert.equal(await ask("exec", "box", "cat", "/page"), "hello");
    await ask("rm", "-f", "box");
  });

  it("lets in nobody else, and tells who speaks plain HTTP why", async () => {
    const plain = await docker(null, "version");
    assert.match(plain.stderr, /Client sent an HTTP request to an HTTPS server/);
    const stranger = await docker("stranger", "version");
    assert.notEqual(stranger.exitCode, 0);
    assert.match(stranger.stderr, /tls|certificate/i);
    assert.equal(await ask("node", "ls", "-q").then((ids) => ids.length), 25);
  });
});
