/** The root and the join tokens are replaced under a running swarm, with a manager that is off meanwhile. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { nodeOf, nodesOf, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";

const CERTIFICATES = "/var/lib/swarm/certificates";

describe("ca --rotate", { timeout: 240_000 }, () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(4, { managers: 3 });
    await lab.ctl("host1", "service", "create", "-d", "--name", "web", "--replicas", "4", "-p", "80:80", "nginx");
    await untilRunning(lab, "host1", "web", 4);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  /** The roots a host believes, and whether its certificate is of the only one. */
  const isUnder = async (host: string, root: string): Promise<boolean> => {
    const believed = await lab.exec(host, "cat", `${CERTIFICATES}/swarm-root-ca.crt`);
    if (believed.trim() !== root.trim()) return false;
    const files = [`${CERTIFICATES}/swarm-root-ca.crt`, `${CERTIFICATES}/swarm-node.crt`] as const;
    const { exitCode } = await lab.tryExec(host, "openssl", "verify", "-CAfile", ...files);
    return exitCode === 0;
  };

  it("is followed by all nodes within seconds, and ends with one root", async () => {
    const before = await lab.ctl("host1", "ca");
    const tokens = await Promise.all(["worker", "manager"].map((role) => lab.ctl("host1", "join-token", "-q", role)));
    const after = await lab.ctl("host2", "ca", "--rotate");
    assert.match(after, /^-----BEGIN CERTIFICATE-----/);
    assert.notEqual(after, before);
    for (const host of lab.hosts) await waitFor(`${host} under the new root`, () => isUnder(host, after));
    for (const [index, role] of ["worker", "manager"].entries()) {
      assert.notEqual(await lab.ctl("host1", "join-token", "-q", role), tokens[index]);
    }
    assert.ok((await nodesOf(lab, "host3")).every(({ Status }) => Status === "Ready"));
    assert.notEqual(await lab.fetch("host4"), null);
  });

  it("waits for a manager that is off, says so, and lets it find back by itself", async () => {
    await lab.powerOff("host3");
    await waitFor("host3 to be down", async () => (await nodeOf(lab, "host1", "host3")).Status === "Down");
    await lab.ctl("host1", "ca", "--rotate", "--detach");
    const again = await lab.tryCtl("host1", "ca", "--rotate");
    assert.notEqual(again.exitCode, 0);
    assert.match(again.stderr, /already being replaced.*node rm --force/s);
    const old = await lab.ctl("host1", "ca");
    await lab.boot("host3");
    await waitFor("the new root alone", async () => (await lab.ctl("host1", "ca")) !== old);
    const root = await lab.ctl("host1", "ca");
    for (const host of lab.hosts) await waitFor(`${host} under the new root`, () => isUnder(host, root));
    await waitFor("host3 to answer as a manager", async () => (await nodesOf(lab, "host3")).length === 4);
  });

  it("survives a restart of every daemon", async () => {
    for (const host of lab.hosts) await lab.killDaemon(host);
    for (const host of lab.hosts) await lab.startDaemon(host);
    await waitFor("all nodes ready", async () =>
      (await nodesOf(lab, "host1")).every(({ Status }) => Status === "Ready"),
    );
  });
});
