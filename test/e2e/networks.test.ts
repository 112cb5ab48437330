/** Networks of a swarm as its containers see them: names, virtual addresses, and what survives which fault. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Lab } from "../support/lab.ts";
import { leaderOf, runningTasks, untilAllReady, untilRunning } from "../support/services.ts";
import { waitFor } from "../support/wait.ts";
import {
  addressesOf,
  allocatedTo,
  containersOf,
  type Inside,
  Peers,
  untilKnown,
  virtualAddressOf,
} from "./network-view.ts";

const HOSTS = 3;
const REPLICAS = 3;
const MANY_REPLICAS = 9;
const SCALINGS = 50;
const SAME_NAME_ROUNDS = 8;
const UDP = { port: 7_000, from: 4_000 };
const LATE_PORT = 8_099;
const BLUE = { service: "web", network: "blue" };

describe("user networks of a swarm of three", () => {
  let lab: Lab;
  /** A container on each host, on the network of `web`. */
  let clients: ReadonlyMap<string, Inside>;
  const clientOn = (host: string): Inside => {
    const client = clients.get(host);
    assert.ok(client, `a client on ${host}`);
    return client;
  };
  const create = (...args: readonly string[]): Promise<string> =>
    lab.ctl("host1", "service", "create", "-d", "-q", ...args);
  const scale = (service: string, replicas: number): Promise<string> =>
    lab.ctl("host1", "service", "scale", "-d", `${service}=${replicas}`);
  /** Client's address and server's name, as the server saw them; or what went wrong. */
  const ask = (from: Inside, name: string): Promise<string> =>
    from.run("timeout", "5", "wget", "-q", "-O", "-", `http://${name}/whoami`);
  const others = (host: string): readonly string[] => lab.hosts.filter((name) => name !== host);

  before(async () => {
    lab = await Lab.up(HOSTS);
    await lab.ctl("host1", "network", "create", BLUE.network);
    await create("--name", "web", "--replicas", `${REPLICAS}`, "--network", BLUE.network, "nginx");
    await create("--name", "client", "--mode", "global", "--network", BLUE.network, "busybox", "sleep", "86400");
    await untilRunning(lab, "host1", "web", REPLICAS);
    await untilRunning(lab, "host1", "client", HOSTS);
    clients = await containersOf(lab, "client");
    await untilKnown(lab, clients, { ...BLUE, count: REPLICAS });
  });
  after(async () => {
    await lab?.[Symbol.asyncDispose]();
  });

  it("let services find each other by name across hosts, and see who asks", async () => {
    const tasks = await runningTasks(lab, "host1", "web");
    assert.equal(new Set(tasks.map(({ Node }) => Node)).size, HOSTS);
    for (const client of clients.values()) {
      assert.deepEqual(await addressesOf(client, "web"), [await virtualAddressOf(lab, "web")]);
      assert.deepEqual(await addressesOf(client, "tasks.web"), await allocatedTo(lab, "web", BLUE.network));
      const own = /inet ([\d.]+)\/24/.exec(await client.run("ip", "address", "show", "eth0"))?.[1];
      const answers = new Set<string>();
      for (let request = 0; request < REPLICAS; request++) answers.add(await ask(client, "web"));
      const wanted = tasks.map(({ ID }) => `${own} ${ID.slice(0, 12)}\n`).sort();
      assert.deepEqual([...answers].sort(), wanted, `each answers ${client.host} in turn`);
    }
  });

  it("know nothing of each other, and work side by side though their subnets be the same", async () => {
    for (const name of ["left", "right"]) {
      await lab.ctl("host1", "network", "create", "--subnet", "10.50.0.0/24", name);
      await create("--name", `${name}-web`, "--network", name, "--constraint", "node.hostname==host1", "nginx");
      await create(
        "--name",
        `${name}-client`,
        "--network",
        name,
        "--constraint",
        "node.hostname==host2",
        "busybox",
        "sleep",
        "86400",
      );
    }
    for (const name of ["left", "right"]) {
      const [web] = await untilRunning(lab, "host1", `${name}-web`, 1);
      await untilRunning(lab, "host1", `${name}-client`, 1);
      const client = (await containersOf(lab, `${name}-client`)).get("host2");
      assert.ok(web !== undefined && client !== undefined);
      await waitFor(`${name}'s server answers`, async () =>
        (await ask(client, `${name}-web`)).includes(web.ID.slice(0, 12)),
      );
      const other = name === "left" ? "right-web" : "left-web";
      for (const stranger of [other, "web", "tasks.web"]) assert.deepEqual(await addressesOf(client, stranger), []);
      for (const address of await allocatedTo(lab, "web", BLUE.network))
        assert.match(await ask(client, address), /can't connect|timed out|^$/, address);
    }
    for (const name of ["left", "right"]) {
      await lab.ctl("host1", "service", "rm", `${name}-web`, `${name}-client`);
      await waitFor(`${name} can go`, async () => (await lab.tryCtl("host1", "network", "rm", name)).exitCode === 0);
    }
  });

  it("are right on all hosts after fifty rapid scalings", async () => {
    for (let time = 0; time < SCALINGS; time++) await scale("web", 1 + ((time * 5) % MANY_REPLICAS));
    await scale("web", REPLICAS);
    await untilRunning(lab, "host1", "web", REPLICAS);
    await untilKnown(lab, clients, { ...BLUE, count: REPLICAS });
  });

  it("are right on all hosts when the leader is killed in the middle of a change", async () => {
    const leader = await leaderOf(lab, "host1");
    const asked = others(leader)[0] ?? "";
    await lab.ctl(asked, "service", "scale", "-d", `web=${MANY_REPLICAS}`);
    await lab.killDaemon(leader);
    // Within the grace that the containers of a host without a daemon have.
    await lab.startDaemon(leader);
    await untilAllReady(lab, asked);
    await untilRunning(lab, asked, "web", MANY_REPLICAS);
    await untilKnown(lab, clients, { ...BLUE, count: MANY_REPLICAS });
    await scale("web", REPLICAS);
    await untilRunning(lab, "host1", "web", REPLICAS);
    await untilKnown(lab, clients, { ...BLUE, count: REPLICAS });
  });

  it("leave connections alone while a host's daemon is away, and know names again when it is back", async () => {
    const client = clientOn("host3");
    const virtual = await virtualAddressOf(lab, "web");
    await lab.killDaemon("host3");
    assert.match(await ask(client, virtual), /^10\./);
    // Asked while nobody answers: resolvers ask again.
    const patient = waitFor("the name is known again", async () => (await addressesOf(client, "web"))[0] === virtual);
    await lab.startDaemon("host3");
    await patient;
    await untilAllReady(lab, "host1");
    await untilKnown(lab, clients, { ...BLUE, count: REPLICAS });
    assert.deepEqual((await containersOf(lab, "client")).get("host3")?.taskId, client.taskId, "its container lives");
  });

  it("are repaired when somebody flushes all packet rules, the host's and the network's", async () => {
    const client = clientOn("host2");
    const [namespace] = (await lab.exec("host2", "sh", "-c", "ls -d /run/swarm/network/netns/swarm-net-*")).split("\n");
    await lab.exec("host2", "nft", "flush", "ruleset");
    await lab.exec("host2", "nsenter", `--net=${namespace}`, "nft", "flush", "ruleset");
    await untilKnown(lab, clients, { ...BLUE, count: REPLICAS });
    await waitFor("web answers by name", async () => /^10\./.test(await ask(client, "web")));
  });

  it("are right on a host that was cut off while others changed, whose containers go on", async () => {
    await create("--name", "here", "--network", BLUE.network, "--constraint", "node.hostname==host1", "nginx");
    const [here] = await untilRunning(lab, "host1", "here", 1);
    await lab.cut("host3");
    await waitFor("web without host3", async () => {
      const tasks = await runningTasks(lab, "host1", "web");
      return tasks.length === REPLICAS && tasks.every(({ Node }) => Node !== "host3");
    });
    await scale("web", MANY_REPLICAS);
    await untilRunning(lab, "host1", "web", MANY_REPLICAS);
    await lab.heal("host3");
    await untilAllReady(lab, "host1");
    await untilRunning(lab, "host1", "client", HOSTS);
    clients = await containersOf(lab, "client");
    await untilKnown(lab, clients, { ...BLUE, count: MANY_REPLICAS });
    assert.deepEqual(
      (await runningTasks(lab, "host1", "here")).map(({ ID }) => ID),
      [here?.ID],
    );
    await scale("web", REPLICAS);
    await untilRunning(lab, "host1", "web", REPLICAS);
  });

  it("lead datagrams that keep coming from one port to where the task has moved, by name and by published port", async () => {
    using peers = new Peers();
    const port = `${UDP.port}:${UDP.port}/udp`;
    const on = (host: string): string => `node.hostname==${host}`;
    await create(
      "--name",
      "udp",
      "--network",
      BLUE.network,
      "-p",
      port,
      "--constraint",
      on("host1"),
      "busybox",
      "sleep",
      "86400",
    );
    const serveOn = async (host: string): Promise<Inside> => {
      await untilRunning(lab, "host1", "udp", 1, ([task]) => task?.Node === host);
      const server = (await containersOf(lab, "udp")).get(host);
      assert.ok(server);
      await peers.serve(server, UDP.port);
      return server;
    };
    const first = await serveOn("host1");
    const inside = peers.ask(clientOn("host2"), UDP.from, await virtualAddressOf(lab, "udp"), UDP.port);
    const outside = peers.ask(null, UDP.from, lab.ip("host2"), UDP.port);
    const untilFrom = (server: Inside): Promise<unknown> =>
      waitFor("answers", () => inside.last() === server.taskId && outside.last() === server.taskId);
    await untilFrom(first);
    await lab.ctl(
      "host1",
      "service",
      "update",
      "-d",
      "-q",
      "--constraint-rm",
      on("host1"),
      "--constraint-add",
      on("host3"),
      "udp",
    );
    await untilFrom(await serveOn("host3"));
    await lab.ctl("host1", "service", "rm", "udp");
  });

  it("of the same name come and go again and again, with services of the same name", async () => {
    for (let round = 0; round < SAME_NAME_ROUNDS; round++) {
      await lab.ctl("host1", "network", "create", "again");
      await create("--name", "server", "--network", "again", "--constraint", "node.hostname==host1", "nginx");
      await create(
        "--name",
        "asker",
        "--network",
        "again",
        "--constraint",
        "node.hostname==host2",
        "--stop-grace-period",
        "1s",
        "busybox",
        "sleep",
        "86400",
      );
      const [server] = await untilRunning(lab, "host1", "server", 1);
      await untilRunning(lab, "host1", "asker", 1);
      const asker = (await containersOf(lab, "asker")).get("host2");
      assert.ok(server !== undefined && asker !== undefined);
      await waitFor("the new server answers", async () =>
        (await ask(asker, "server")).includes(server.ID.slice(0, 12)),
      );
      await lab.ctl("host1", "service", "rm", "server", "asker");
      await waitFor(
        "the network can go",
        async () => (await lab.tryCtl("host1", "network", "rm", "again")).exitCode === 0,
      );
    }
  });

  it("stay as they are while a service's first port is published, and its last one taken away, for its same tasks", async () => {
    const ids = async (): Promise<readonly string[]> =>
      (await runningTasks(lab, "host1", "web")).map(({ ID }) => ID).sort();
    const before = await ids();
    const answers = async (): Promise<readonly (string | null)[]> => {
      const all: (string | null)[] = [];
      for (const host of lab.hosts)
        for (let request = 0; request < REPLICAS; request++) all.push(await lab.fetch(host, "/whoami", LATE_PORT));
      return all;
    };
    for (let round = 0; round < 2; round++) {
      await lab.ctl("host1", "service", "update", "--quiet", "--publish-add", `${LATE_PORT}:80`, "web");
      const published = await answers();
      assert.equal(published.filter((answer) => answer === null).length, 0, "each request to the new port is answered");
      assert.equal(new Set(published.map((answer) => answer?.split(" ")[1])).size, REPLICAS, "each task has its turn");
      // The way by the network's virtual address goes on all the while.
      for (const client of clients.values()) assert.match(await ask(client, "web"), /^[\d.]+ \w{12}\n$/);
      await lab.ctl("host1", "service", "update", "--quiet", "--publish-rm", "80", "web");
      for (const host of lab.hosts) assert.equal(await lab.fetch(host, "/whoami", LATE_PORT), null);
      for (const client of clients.values()) assert.match(await ask(client, "web"), /^[\d.]+ \w{12}\n$/);
    }
    assert.deepEqual(await ids(), before);
  });

  it("tell a container that was on none of them who is there, once its service joins one", async () => {
    await create("--name", "late", "--constraint", "node.hostname==host2", "busybox", "sleep", "86400");
    const [task] = await untilRunning(lab, "host1", "late", 1);
    const late = (await containersOf(lab, "late")).get("host2");
    assert.ok(late);
    assert.doesNotMatch(await late.run("cat", "/etc/resolv.conf"), /127\.0\.0\.11/);
    await lab.ctl("host1", "service", "update", "--quiet", "--network-add", BLUE.network, "late");
    await waitFor("it finds the others", async () => /^10[\d.]+ \w{12}\n$/.test(await ask(late, "web")));
    const own = /inet (10[\d.]+)\/24/.exec(await late.run("ip", "address", "show"))?.[1] ?? "";
    assert.ok((await late.run("cat", "/etc/hosts")).includes(`\n${own}\t${task?.ID.slice(0, 12)}\n`));
    assert.deepEqual(
      (await runningTasks(lab, "host1", "late")).map(({ ID }) => ID),
      [task?.ID],
    );
    await lab.ctl("host1", "service", "rm", "late");
  });
});
