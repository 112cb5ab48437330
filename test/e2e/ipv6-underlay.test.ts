/** A swarm whose hosts have addresses of IPv6 alone. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { addressesOf, containersOf, type Inside, virtualAddressOf } from "./network-view.ts";

const HOSTS = 2;
const CLIENT = "fd77::200";
const FRONT = "front";

describe("a swarm over IPv6 alone", () => {
  let lab: Lab;
  let clients: ReadonlyMap<string, Inside>;
  const create = (...args: readonly string[]): Promise<string> =>
    lab.ctl("host1", "service", "create", "-d", "-q", ...args);

  before(async () => {
    lab = await Lab.up(HOSTS, { ipv6: true, managers: 1 });
    await lab.ctl("host1", "network", "create", "--ipv6", FRONT);
    await create("--name", "web", "--mode", "global", "--network", FRONT, "-p", "80:80", "nginx");
    await create("--name", "client", "--mode", "global", "--network", FRONT, "busybox", "sleep", "86400");
    await untilRunning(lab, "host1", "web", HOSTS);
    await untilRunning(lab, "host1", "client", HOSTS);
    clients = await containersOf(lab, "client");
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it("gossips, and carries VXLAN over IPv6", async () => {
    for (const host of lab.hosts) {
      assert.doesNotMatch(await lab.exec(host, "ip", "-4", "address", "show", "eth0"), /inet /);
      assert.match(await lab.exec(host, "ip", "-d", "link", "show", "sw-vx4096"), /local fd77::/);
    }
  });

  it("answers on every host's published port, from tasks on both, which see the client's own address", async () => {
    for (const host of lab.hosts) {
      const servers = new Set<string>();
      await waitFor(`answers of both tasks by way of ${host}`, async () => {
        const answer = await lab.tryClient("curl", "-sS", "-m", "5", `http://[${lab.ip(host)}]/whoami`);
        if (answer.exitCode !== 0) return false;
        const [client, server = ""] = answer.stdout.trim().split(" ");
        assert.equal(client, CLIENT, `by way of ${host}`);
        return servers.add(server).size === HOSTS;
      });
    }
  });

  it("lets tasks find services by name, over IPv4 and IPv6 inside", async () => {
    for (const client of clients.values()) {
      const virtual = await virtualAddressOf(lab, "web");
      await waitFor(`${client.host} knows web`, async () => (await addressesOf(client, "web")).includes(virtual));
      const virtual6 = (await addressesOf(client, "web")).find((address) => address.includes(":"));
      for (const name of ["web", `[${virtual6}]`]) {
        const servers = new Set<string>();
        await waitFor(`tasks on both hosts answer ${client.host} at ${name}`, async () => {
          const answer = await client.run("timeout", "5", "wget", "-q", "-O", "-", `http://${name}/whoami`);
          const server = /^\S+ ([a-z0-9]{12})\n$/.exec(answer)?.[1];
          return server !== undefined && servers.add(server).size === HOSTS;
        });
      }
    }
  });

  it("is in order for doctor", async () => {
    const { stdout, stderr } = await lab.tryCtl("host1", "doctor");
    assert.doesNotMatch(stdout, /broken/i, stdout + stderr);
  });
});
