/** A swarm that is made again in another one, by what its Docker API tells. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const FILE = join(import.meta.dirname, "../support/stacks/plain/compose.yaml");

describe("import", { timeout: 600_000 }, () => {
  let lab: Lab;
  let docker: DockerCli;
  before(async () => {
    lab = await Lab.up(2, { noSwarm: true, daemonOptions: ["-H", "tcp://0.0.0.0", "--let-anyone-be-root-over-tcp"] });
    docker = await DockerCli.on(lab);
    for (const host of lab.hosts) await lab.ctl(host, "init", "--advertise-addr", lab.ip(host));
    await docker.run("host1", "stack", "deploy", "-c", FILE, "--detach=false", "--resolve-image", "never", "plain");
  });
  after(async () => {
    docker[Symbol.dispose]();
    await lab[Symbol.asyncDispose]();
  });

  const from = (...more: string[]) => lab.tryCtl("host2", "import", "--from", `tcp://${lab.ip("host1")}`, ...more);

  it("plans without making anything", async () => {
    const { exitCode, stdout } = await from("--plan");
    assert.equal(exitCode, 0);
    assert.match(stdout, /^network +plain_back +create$/m);
    assert.match(stdout, /^secret +plain_word +leave +Docker gives its content to nobody/m);
    assert.match(stdout, /^service +plain_web +leave +it needs secret plain_word$/m);
    assert.match(stdout, /^service +plain_keeper +create$/m);
    assert.equal((await lab.ctl("host2", "service", "ls", "-q")).trim(), "");
  });

  it("makes what it can, and what needed a secret once that is there", async () => {
    const first = await from();
    assert.equal(first.exitCode, 1);
    assert.match(first.stderr, /^Left service plain_web: it needs secret plain_word$/m);
    await lab.ctlWith("sesame\n", "host2", "secret", "create", "plain_word", "-");
    const second = await from();
    assert.deepEqual([second.exitCode, second.stderr.match(/^Left/gm)], [0, null], second.stderr);
    await waitFor("the page of the other swarm", async () => (await lab.fetch("host2", "/", 8090)) === "Hello\n");
    const inspect = async (host: string): Promise<string> =>
      JSON.stringify(
        (await docker.json(host, "service", "inspect", "plain_web", "plain_keeper")).map(({ Spec }) => Spec),
      );
    const masked = (text: string): string => text.replaceAll(/"[a-z0-9]{25}"/g, '"ID"');
    assert.deepEqual(JSON.parse(masked(await inspect("host2"))), JSON.parse(masked(await inspect("host1"))));
  });

  it("finds nothing to do a third time, and leaves alone what somebody has changed", async () => {
    await lab.ctl("host2", "service", "scale", "--detach", "plain_web=1");
    const third = await from();
    assert.equal(third.exitCode, 0, third.stderr);
    assert.match(third.stdout, /^Made 0, left 0\.$/m);
    const [web] = await docker.json<{ Spec: { Mode: unknown } }>("host2", "service", "inspect", "plain_web");
    assert.deepEqual(web?.Spec.Mode, { Replicated: { Replicas: 1 } });
  });
});
