/** Own containers of hosts on networks of the swarm: reached by name from every host, and what they survive. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DockerCli } from "../support/docker-cli.ts";
import { Lab } from "../support/lab.ts";
import { waitFor } from "../support/wait.ts";

const IDLE = ["busybox", "sleep", "100000"];

describe("own containers on an attachable network of the swarm", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.up(3, { managers: 1 });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  const ctl = async (host: string, ...words: string[]): Promise<string> => (await lab.ctl(host, ...words)).trim();
  const refusal = async (host: string, ...words: string[]): Promise<string> =>
    (await lab.tryCtl(host, ...words)).stderr;
  const page = async (host: string, from: string, name: string): Promise<boolean> => {
    const ask = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 4 nc -w 2 ${name} 80`;
    return (await lab.tryCtl(host, "exec", from, "sh", "-c", ask)).stdout.includes("nginx");
  };
  const reaches = async (host: string, from: string, name: string): Promise<boolean> =>
    (await lab.tryCtl(host, "exec", from, "ping", "-c", "1", "-W", "2", name)).exitCode === 0;
  const addressOf = (host: string, container: string): Promise<string> =>
    ctl(host, "inspect", "--format", `{{(index .NetworkSettings.Networks "front").IPAddress}}`, container);
  const members = (): Promise<string> =>
    ctl("host1", "network", "inspect", "--format", "{{json .Containers}}", "front");

  it("reach its services and each other by name, from any host, a worker too", async () => {
    await ctl("host1", "network", "create", "--attachable", "--subnet", "10.44.0.0/24", "front");
    await ctl("host1", "service", "create", "--name", "web", "--network", "front", "nginx");
    await ctl("host1", "run", "-d", "--name", "one", "--network", "front", "--network-alias", "first", ...IDLE);
    await ctl("host3", "run", "-d", "--name", "two", "--network", "front", "--restart", "always", "nginx");
    await ctl("host3", "run", "-d", "--name", "three", "--network", "front", "--ip", "10.44.0.77", ...IDLE);
    assert.equal(await addressOf("host3", "three"), "10.44.0.77");
    for (const name of ["web", "tasks.web", "two"]) await waitFor(`${name} from one`, () => page("host1", "one", name));
    for (const name of ["one", "first", "two", "10.44.0.77"])
      await waitFor(`${name} from three`, () => reaches("host3", "three", name));
    await ctl("host1", "service", "create", "--name", "asker", "--network", "front", ...IDLE);
    const asker = await ctl("host1", "service", "ps", "-q", "--no-trunc", "asker");
    await waitFor("one from a task", async () => await reaches("host1", asker, "first"));
    for (const name of ["one", "two", "three"]) assert.match(await members(), new RegExp(`"Name":"${name}"`));
  });

  it("are refused on others, and keep theirs from being removed", async () => {
    await ctl("host1", "network", "create", "closed");
    for (const host of ["host1", "host3"])
      assert.match(
        await refusal(host, "run", "-d", "--network", "closed", ...IDLE),
        /network closed not manually attachable/,
      );
    assert.match(
      await refusal("host1", "run", "-d", "--network", "front", "--ip", "10.44.0.77", ...IDLE),
      /Address already in use.*10\.44\.0\.77/,
    );
    assert.match(await refusal("host3", "run", "-d", "--network", "nowhere", ...IDLE), /network nowhere not found/);
    await ctl("host1", "service", "rm", "web", "asker");
    await waitFor("the services' tasks to go", async () =>
      /is in use by containers one on host1, three on host3, two on host3/.test(
        await refusal("host1", "network", "rm", "front"),
      ),
    );
  });

  it("come to one and leave it while they run, by Docker's own command line, too", async () => {
    using docker = await DockerCli.on(lab);
    await docker.run("host3", "run", "-d", "--name", "guest", "busybox", "sleep", "100000");
    await docker.run("host3", "network", "connect", "--alias", "visitor", "front", "guest");
    await waitFor("the guest by its alias", () => reaches("host1", "one", "visitor"));
    await docker.run("host3", "network", "disconnect", "front", "guest");
    assert.equal(await reaches("host1", "one", "visitor"), false);
    await docker.run("host3", "rm", "-f", "guest");
    await docker.run("host1", "run", "-d", "--name", "theirs", "--network", "front", "busybox", "sleep", "100000");
    assert.match((await docker.run("host1", "network", "inspect", "front")).toString(), /"Name": "theirs"/);
    await docker.run("host1", "rm", "-f", "theirs");
    assert.match(
      (await docker.try("host1", "run", "-d", "--network", "closed", "busybox", "true")).stderr,
      /network closed not manually attachable/,
    );
  });

  it("stay through a kill of their daemon and the loss of the leader, and come back after a reboot", async () => {
    const before = await addressOf("host3", "two");
    await lab.killDaemon("host3");
    await lab.startDaemon("host3");
    await waitFor("two after a kill", () => page("host1", "one", "two"));
    assert.equal(await addressOf("host3", "two"), before);
    await lab.killDaemon("host1");
    await lab.startDaemon("host1");
    await waitFor("two after the leader", () => page("host1", "one", "two"));
    await ctl("host3", "run", "-d", "--name", "four", "--network", "front", ...IDLE);
    await waitFor("four by the new leader", () => reaches("host1", "one", "four"));
    await lab.powerOff("host3");
    await lab.boot("host3");
    await waitFor("two after a reboot", () => page("host1", "one", "two"));
    assert.doesNotMatch(await members(), /"Name":"(three|four)"/);
  });

  it("give everything back when they go, when their host leaves, and when its node is removed", async () => {
    await ctl("host1", "rm", "-f", "one");
    await waitFor("one to be gone", async () => !(await members()).includes('"one"'));
    await ctl("host3", "leave");
    await waitFor("two to be off the network", async () => !(await members()).includes('"two"'));
    assert.equal(await ctl("host3", "inspect", "--format", "{{.State.Status}}", "two"), "running");
    await ctl("host1", "network", "rm", "front");
  });
});
