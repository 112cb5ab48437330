/** Networks of a swarm while the network under them changes: links go down, become narrower, get other addresses. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { runningTasks, untilAllReady, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import { containersOf, type Inside, untilKnown } from "./network-view.ts";

const HOSTS = 3;
const BLUE = { service: "web", network: "blue", count: HOSTS };
const FLAPS = 10;
const MTU = 1_400;
const LARGE_BYTES = 1_000_000;
const VXLAN_BYTES = 50;
const IP_AND_ICMP_BYTES = 28;
/** So many that the first seconds are among them: packets of the old size are under way then. */
const NARROW_ANSWERS = 40;
const GATEWAY = "10.77.0.254";

describe("user networks of three hosts", () => {
  let lab: Lab;
  let clients: ReadonlyMap<string, Inside>;
  const clientOn = (host: string): Inside => {
    const client = clients.get(host);
    assert.ok(client, `a client on ${host}`);
    return client;
  };
  const ask = (from: Inside, name: string): Promise<string> =>
    from.run("timeout", "5", "wget", "-q", "-O", "-", `http://${name}/whoami`);
  /** Tasks and their processes on a host. */
  const containersOn = (host: string): Promise<string> =>
    lab.exec(host, "sh", "-c", 'cd /run/swarm/containers; for each in *; do echo "$each $(cat $each/pid)"; done');

  before(async () => {
    lab = await Lab.up(HOSTS);
    await lab.ctl("host1", "network", "create", BLUE.network);
    const create = ["service", "create", "-d", "-q", "--network", BLUE.network, "--mode", "global"];
    await lab.ctl("host1", ...create, "--name", "web", "-p", "80:80", "nginx");
    await lab.ctl("host1", ...create, "--name", "client", "busybox", "sleep", "86400");
    await untilRunning(lab, "host1", "web", HOSTS);
    await untilRunning(lab, "host1", "client", HOSTS);
    clients = await containersOf(lab, "client");
    await untilKnown(lab, clients, BLUE);
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it("are right as soon as a host's link that went down and up again stays up, and its containers live", async () => {
    const before = await containersOn("host3");
    const flap = "ip link set eth0 down; sleep 0.2; ip link set eth0 up; sleep 0.3";
    await lab.exec("host3", "sh", "-c", `for time in $(seq ${FLAPS}); do ${flap}; done`);
    // The kernel takes it away with the link, and it is not ours to bring back.
    await lab.exec("host3", "ip", "route", "replace", "default", "via", GATEWAY);
    await untilKnown(lab, clients, BLUE);
    for (const client of clients.values())
      await waitFor(`web answers ${client.host}`, async () => /^10\./.test(await ask(client, "web")));
    assert.equal(await containersOn("host3"), before);
  });

  it("carry large answers on all the while when the links of hosts become narrower", async () => {
    const [far] = (await runningTasks(lab, "host1", "web")).filter(({ Node }) => Node === "host1");
    assert.ok(far);
    const client = clientOn("host2");
    const server = (await containersOf(lab, "web")).get("host1");
    await server?.run("dd", "if=/dev/zero", "of=/usr/share/nginx/html/large", "bs=1000000", "count=1");
    const own = /inet ([\d.]+)\/24/.exec((await server?.run("ip", "address", "show", "eth0")) ?? "")?.[1] ?? "";
    const sizes: number[] = [];
    let isOver = false;
    const asking = (async (): Promise<void> => {
      while (!isOver) {
        const said = await client.run("sh", "-c", `timeout 5 wget -q -O - http://${own}/large | wc -c`);
        sizes.push(Number(said));
      }
    })();
    await waitFor("answers", () => sizes.length > 2);
    for (const host of ["host1", "host2"]) {
      await lab.exec(host, "ip", "link", "set", "eth0", "mtu", String(MTU));
      await lab.exec("hub", "ip", "link", "set", host, "mtu", String(MTU));
    }
    const atNarrow = sizes.length;
    await waitFor("answers over the narrow links", () => sizes.length > atNarrow + NARROW_ANSWERS);
    isOver = true;
    await asking;
    assert.deepEqual([...new Set(sizes)], [LARGE_BYTES]);
    const fits = async (bytes: number): Promise<boolean> => {
      const ping = ["ping", "-c1", "-W1", "-M", "do", "-s", String(bytes - IP_AND_ICMP_BYTES), own];
      return (await lab.tryExec("host2", ...client.network, ...ping)).exitCode === 0;
    };
    assert.ok(await fits(MTU - VXLAN_BYTES));
    assert.ok(!(await fits(MTU - VXLAN_BYTES + 1)), "what is larger is refused, and not cut to pieces on the wire");
    for (const host of ["host1", "host2"]) {
      await lab.exec("hub", "ip", "link", "set", host, "mtu", "1500");
      await lab.exec(host, "ip", "link", "set", "eth0", "mtu", "1500");
    }
  });

  /** @returns the address of the host after it. */
  async function move(host: string, from: string, to: string): Promise<string> {
    const change = `ip address del ${from}/24 dev eth0; ip address add ${to}/24 dev eth0`;
    await lab.exec(host, "sh", "-c", `${change}; ip route replace default via ${GATEWAY}`);
    return to;
  }
  const untilKnownAt = (host: string, address: string): Promise<unknown> =>
    waitFor(`${host} says where it is`, async () =>
      (await lab.tryCtl("host2", "node", "inspect", host)).stdout.includes(`"${address}"`),
    );

  it("follow a host that gets another address, while its containers go on, a manager and the leader too", async () => {
    for (const host of ["host3", "host1"]) {
      const before = await containersOn(host);
      const old = lab.ip(host);
      await untilKnownAt(host, await move(host, old, `${old}${old.at(-1)}`));
      await untilAllReady(lab, "host2");
      await untilKnown(lab, clients, BLUE);
      for (const client of clients.values())
        await waitFor(`web answers ${client.host}`, async () => /^10\./.test(await ask(client, "web")));
      const now = new Set((await containersOn(host)).split("\n"));
      assert.deepEqual(
        before.split("\n").filter((each) => !now.has(each)),
        [],
        "all of its containers are the same",
      );
    }
  });

  it("follow two of three managers that get other addresses at once, the leader among them or not", async () => {
    const movers = ["host1", "host3"];
    const places = movers.map((host) => ({ host, own: lab.ip(host), other: `${lab.ip(host)}${lab.ip(host).at(-1)}` }));
    await Promise.all(places.map(({ host, own, other }) => move(host, other, own)));
    for (const { host, own } of places) await untilKnownAt(host, own);
    await untilAllReady(lab, "host2");
    // Each of those that moved hears the leader, wherever that is.
    for (const host of movers) await untilAllReady(lab, host);
    await untilKnown(lab, clients, BLUE);
    for (const client of clients.values())
      await waitFor(`web answers ${client.host}`, async () => /^10\./.test(await ask(client, "web")));
  });
});
