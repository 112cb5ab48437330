/** The ingress network with a second block of addresses, on the real kernel: as when the first one is full. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { ingressTable, port, networkTask as task } from "../support/network-objects.ts";
import { type LabHost, type LabTask, NetworkLab } from "./network-lab.ts";

const SERVER = { tcp: 8080, udp: 5353 };
const WEB = 80;
const CLIENT = "10.98.0.200";
/** For its zone, the second block's first host is the first block's second one: they are 65,535 apart. */
const MORE = "10.1.0.0/24";

describe("an ingress network that has grown", () => {
  const lab = new NetworkLab(3);
  const [host1, host2, host3] = lab.hosts as [LabHost, LabHost, LabHost];
  const web: LabTask[] = [];
  const addresses = new Map<string, string>();
  const table = (): readonly NetworkTable[] => [
    ingressTable(
      lab.hosts.map((host) => (host === host3 ? { ...host, ingressAddress: "10.1.0.2" } : host)),
      {
        tasks: web.map(({ id, host }) => ({ id, host, address: addresses.get(id) ?? "" })),
        ports: [port("TCP", WEB, SERVER.tcp), port("UDP", 53, SERVER.udp)],
        moreSubnets: [MORE],
        subnet6: "fd00:1:2:3::/64",
      },
    ),
  ];
  const start = async (host: LabHost, name: string, ingressAddress: string): Promise<void> => {
    const started = await lab.startTask(host, task(name, { ingressAddress }), SERVER);
    addresses.set(started.id, ingressAddress);
    web.push(started);
    await lab.applyEverywhere(table());
  };

  before(async () => {
    lab.up();
    await lab.applyEverywhere(table());
  });
  after(async () => {
    await lab[Symbol.asyncDispose]();
  });

  it("shows tasks of either block the client's own address, through hosts of either block", async () => {
    await start(host1, "web1", "10.1.0.9/24");
    for (const host of lab.hosts) {
      assert.equal(lab.ask("client", "tcp", host.address, WEB), `${web[0]?.id} ${CLIENT}`, `tcp via ${host.name}`);
      assert.equal(lab.ask("client", "udp", host.address, 53), `${web[0]?.id} ${CLIENT}`, `udp via ${host.name}`);
    }
    await start(host3, "web2", "10.0.0.12/24");
    for (const host of lab.hosts) {
      const answers = new Set([1, 2].map(() => lab.ask("client", "tcp", host.address, WEB)));
      assert.deepEqual(answers, new Set(web.map(({ id }) => `${id} ${CLIENT}`)), host.name);
    }
  });

  it("keeps connections apart that come from one port through hosts whose addresses mean the same zone", async () => {
    const connections = [host2, host3].map((host) => lab.connectFrom("client", 40_000, host.address, WEB));
    for (const question of ["one", "two"])
      for (const connection of connections) assert.match(await connection.say(question), / 10\.98\.0\.200$/, question);
    for (const connection of connections) await connection.end();
  });

  it("lets hosts and tasks of either block call its published ports", () => {
    for (const host of lab.hosts) {
      for (const task of web) assert.match(lab.ask(task, "tcp", host.address, WEB), /^web/, `${task.id} ${host.name}`);
      for (const from of lab.hosts) assert.match(lab.ask(from, "tcp", host.address, WEB), /^web/, from.name);
      assert.match(lab.ask(host, "tcp", "127.0.0.1", WEB), /^web/);
    }
  });
});
