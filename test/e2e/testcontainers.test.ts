/** Testcontainers for Node.js, unmodified, on a host in no swarm. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { toolPath } from "../../scripts/lab-parts/tools.ts";
import { Lab } from "../support/lab.ts";
import type { Outcome } from "./testcontainers-host.ts";

const COMPOSE = `
services:
  web:
    image: whoami
    ports: ["80"]
    depends_on:
      checked: { condition: service_healthy }
  checked:
    image: busybox
    command: sleep 600
    environment: { WORD: "\${WORD}" }
    healthcheck: { test: ["CMD", "true"], interval: 1s }
`;

describe("Testcontainers", { timeout: 600_000 }, () => {
  let lab: Lab;
  let outcomes: readonly Outcome[] = [];
  const home = mkdtempSync(join(tmpdir(), "swarm-tc-home-"));
  before(async () => {
    lab = await Lab.up(1, { noSwarm: true });
    const [docker, compose] = [await toolPath("docker"), await toolPath("docker-compose")];
    mkdirSync(join(home, ".docker/cli-plugins"), { recursive: true });
    symlinkSync(compose, join(home, ".docker/cli-plugins/docker-compose"));
    writeFileSync(join(home, "compose.yaml"), COMPOSE);
    const environment = [
      ...["DOCKER_HOST=unix:///run/swarm/docker.sock", "TESTCONTAINERS_RYUK_DISABLED=true", "DOCKER_BUILDKIT=0"],
      // Its users' programs leave files there, and the library a lock.
      ...[`HOME=${home}`, `TMPDIR=${home}`, `PATH=${dirname(docker)}:${process.env["PATH"] ?? ""}`],
    ];
    const program = join(import.meta.dirname, "testcontainers-host.ts");
    const text = await lab.exec("host1", "env", ...environment, process.execPath, program, home);
    outcomes = text
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Outcome);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
    rmSync(home, { recursive: true, force: true });
  });

  it("makes every claim that its users rely on come true", async (t) => {
    assert.ok(outcomes.length > 10, `${outcomes.length} claims were tried`);
    for (const { claim, error } of outcomes) await t.test(claim, () => assert.equal(error, ""));
  });
});
