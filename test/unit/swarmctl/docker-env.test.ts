import assert from "node:assert/strict";
import { test } from "node:test";
import { unary } from "../../../shared/rpc/handler.ts";
import { createFakeDaemon, runCli } from "./fake-daemon.ts";

const serving = (...dockerApiAddresses: readonly string[]) => ({
  local: { info: unary(async () => ({ dockerApiAddresses })) },
});

test("docker-env prints what leads docker here, in the words of the shell", async () => {
  await using daemon = createFakeDaemon(serving("tcp://10.0.0.1:2376", "unix:///run/it's here/docker.sock"));
  await daemon.listen();
  const sh = await runCli(["docker-env"], daemon, { environment: { SHELL: "/bin/bash" } });
  assert.deepEqual(sh.out, [
    "unset DOCKER_CONTEXT",
    "unset DOCKER_TLS",
    "unset DOCKER_TLS_VERIFY",
    "unset DOCKER_CERT_PATH",
    "export DOCKER_HOST='unix:///run/it'\\''s here/docker.sock'",
    "export DOCKER_BUILDKIT=0",
    '# Run this command to set up your shell: eval "$(swarmctl docker-env)"',
  ]);
  const fish = await runCli(["docker-env"], daemon, { environment: { SHELL: "/usr/bin/fish" } });
  assert.equal(fish.out[4], "set -gx DOCKER_HOST 'unix:///run/it\\'s here/docker.sock'");
  assert.deepEqual((await runCli(["docker-env", "--shell", "sh"], daemon)).out, sh.out);
  assert.deepEqual((await runCli(["docker-env", "-u"], daemon)).out, ["unset DOCKER_HOST", "unset DOCKER_BUILDKIT"]);
});

test("docker-env says so where no socket of Docker is served, and knows no other shell", async () => {
  await using daemon = createFakeDaemon(serving("tcp://10.0.0.1:2376"));
  await daemon.listen();
  const none = await runCli(["docker-env"], daemon);
  assert.deepEqual([none.ok, none.out.length], [false, 0]);
  assert.match(
    none.err[0] ?? "",
    /serves no Docker API on a socket of this host: start it without --docker-socket none/,
  );
  assert.equal((await runCli(["docker-env", "--shell", "csh"], daemon)).ok, false);
});
