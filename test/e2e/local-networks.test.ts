/** Networks of one host for containers of its own: names, isolation, and what they survive. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

/** Beyond the host, on the lab's network. */
const HUB = "10.77.0.254";
const IDLE = ["busybox", "sleep", "100000"];

describe("containers of one host find each other on its own networks", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(1, { noSwarm: true });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const ctl = async (...words: string[]): Promise<string> => (await lab.ctl("host1", ...words)).trim();
  const refusal = async (...words: string[]): Promise<string> => (await lab.tryCtl("host1", ...words)).stderr;
  // Not by wget: this BusyBox is linked statically, and its wget takes no names.
  const page = async (from: string, name: string): Promise<boolean> => {
    const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 4 nc -w 2 ${name} 80`;
    return (await lab.tryCtl("host1", "exec", from, "sh", "-c", ask)).stdout.includes("nginx");
  };
  const addressOf = (container: string, network: string): Promise<string> =>
    ctl("inspect", "--format", `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container);

  it("by name, alias and short id, in no swarm, and a published port leads in", async () => {
    await ctl("network", "create", "--driver", "bridge", "--label", "a=b", "front");
    await ctl("run", "-d", "--name", "web", "--network", "front", "--network-alias", "shop", "-p", "8080:80", "nginx");
    const id = await ctl("inspect", "--format", "{{.Id}}", "web");
    await ctl("run", "-d", "--name", "client", "--network", "front", "--restart", "always", ...IDLE);
    for (const name of ["web", "shop", "web.front", id.slice(0, 12)])
      await waitFor(`the page of ${name}`, () => page("client", name));
    assert.match(
      await ctl("exec", "client", "nslookup", "example.invalid").catch(String),
      /NXDOMAIN|can't find|SERVFAIL/,
    );
    await waitFor("the published port", async () => (await lab.fetch("host1", "/", 8080))?.includes("nginx") === true);
    assert.match(await ctl("network", "ls", "--filter", "name=front"), /front\s+bridge\s+local$/m);
    assert.match(await refusal("network", "rm", "front"), /has active endpoints \(client, web\)/);
    assert.match(await refusal("network", "create", "-d", "bridge", "front"), /already exists/);
  });

  it("and nobody else: not from another network, and out of an internal one there is no way", async () => {
    await ctl("network", "create", "-d", "bridge", "--subnet", "10.99.0.0/24", "--internal", "back");
    await ctl("run", "-d", "--name", "db", "--network", "back", "--ip", "10.99.0.9", ...IDLE);
    await ctl("run", "-d", "--name", "peer", "--network", "back", ...IDLE);
    assert.equal(await addressOf("db", "back"), "10.99.0.9");
    await ctl("exec", "peer", "ping", "-c", "1", "-W", "2", "db");
    assert.equal(await page("db", await addressOf("web", "front")), false);
    assert.equal(await page("db", "web"), false);
    const out = await lab.tryCtl("host1", "exec", "db", "ping", "-c", "1", "-W", "1", HUB);
    assert.notEqual(out.exitCode, 0);
    assert.equal((await lab.tryCtl("host1", "exec", "client", "ping", "-c", "1", "-W", "2", HUB)).exitCode, 0);
    assert.match(
      await refusal("run", "-d", "--network", "back", "--ip", "10.99.0.9", ...IDLE),
      /Address already in use/,
    );
    assert.match(await refusal("run", "-d", "--network", "nowhere", ...IDLE), /network nowhere not found/);
  });

  it("also a container that is put on a network while it runs, and no more once it is taken off", async () => {
    await ctl("network", "connect", "--alias", "visitor", "--link", "web:linked", "front", "db");
    for (const name of ["web", "linked"]) await waitFor(`the page of ${name}`, () => page("db", name));
    await ctl("exec", "client", "ping", "-c", "1", "-W", "2", "visitor");
    assert.equal(await page("client", "linked"), false);
    await ctl("network", "disconnect", "front", "db");
    assert.equal(await page("db", "web"), false);
    assert.equal((await lab.tryCtl("host1", "exec", "client", "ping", "-c", "1", "-W", "1", "visitor")).exitCode, 1);
  });

  it("whoever makes them: Docker's own command line, too", async () => {
    using docker = await DockerCli.on(lab);
    const run = (...words: string[]): Promise<string> => docker.run("host1", "network", ...words);
    await run("create", "--label", "a=b", "--subnet", "10.98.0.0/24", "theirs");
    assert.equal(
      await run("ls", "-f", "label=a=b", "-f", "name=theirs", "--format", "{{.Name}} {{.Scope}}"),
      "theirs local",
    );
    await run("connect", "--alias", "guest", "--ip", "10.98.0.7", "theirs", "client");
    assert.match(
      await run("inspect", "theirs", "--format", "{{json .Containers}}"),
      /"IPv4Address":"10\.98\.0\.7\/24"/,
    );
    assert.match((await docker.try("host1", "network", "rm", "theirs")).stderr, /has active endpoints \(client\)/);
    await run("disconnect", "theirs", "client");
    await run("rm", "theirs");
    assert.match((await docker.try("host1", "network", "inspect", "theirs")).stderr, /network theirs not found/);
  });

  it("on the predefined bridge by address, and not from a network to it", async () => {
    const at = (name: string): Promise<string> => ctl("inspect", "--format", "{{.NetworkSettings.IPAddress}}", name);
    const pings = async (from: string, to: string): Promise<boolean> =>
      (await lab.tryCtl("host1", "exec", from, "ping", "-c", "1", "-W", "1", to)).exitCode === 0;
    for (const name of ["left", "right"]) await ctl("run", "-d", "--name", name, ...IDLE);
    assert.equal(await pings("left", await at("right")), true);
    assert.equal(await pings("right", await at("left")), true);
    assert.equal(await pings("client", await at("left")), false);
    assert.equal(await pings("left", "right"), false, "by name there is nobody");
    await ctl("rm", "-f", "left", "right");
  });

  it("through a kill of the daemon, a swarm's coming and going, and a reboot", async () => {
    const pid = await ctl("inspect", "--format", "{{.State.Pid}}", "client");
    const before = await addressOf("web", "front");
    await lab.killDaemon("host1");
    await lab.startDaemon("host1");
    await waitFor("the page after a kill", () => page("client", "shop"));
    assert.equal(await addressOf("web", "front"), before);
    await ctl("init", "--advertise-addr", lab.ip("host1"));
    await waitFor("the page in a swarm", () => page("client", "shop"));
    assert.match(await ctl("network", "ls"), /front\s+bridge\s+local[\s\S]*ingress\s+overlay\s+swarm/);
    await ctl("run", "-d", "--name", "late", "--network", "front", ...IDLE);
    await waitFor("the page for one that was made in the swarm", () => page("late", "web"));
    await ctl("leave", "--force");
    await waitFor("the page after the swarm", () => page("late", "shop"));
    assert.equal(await ctl("inspect", "--format", "{{.State.Pid}}", "client"), pid);
    await lab.powerOff("host1");
    await lab.boot("host1");
    await waitFor("the client to come back", async () => {
      const state = await lab.tryCtl("host1", "inspect", "--format", "{{.State.Status}}", "client");
      return state.stdout.trim() === "running";
    });
    await ctl("start", "web");
    await waitFor("the page after a reboot", () => page("client", "shop"));
  });

  it("and leaves nothing of them when they go", async () => {
    await ctl("rm", "-f", ...(await ctl("ps", "-aq", "--no-trunc")).split("\n"));
    assert.match(await ctl("network", "prune", "-f"), /^Deleted Networks:\n(back\nfront|front\nback)$/);
    assert.doesNotMatch(await lab.exec("host1", "sh", "-c", "ls /run/swarm/network /run/swarm/network/*"), /swarm-/);
  });
});
