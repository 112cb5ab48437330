/** Whose a published port is, and where it answers: the real kernel, hosts made of namespaces, a client beside them. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import type { HostListener } from "../../shared/rpc/gen/objects.ts";
import { ingressTable, port, networkTask as task } from "../support/network-objects.ts";
import { type Dialogue, type LabHost, type LabTask, NetworkLab } from "./network-lab.ts";

const SERVER = { tcp: 8080, udp: 5353 };
const CLIENT = "10.98.0.200";

describe("published ports of two hosts", () => {
  const lab = new NetworkLab(2);
  const [host1, host2] = lab.hosts as [LabHost, LabHost];
  const web: LabTask[] = [];
  const table = (...ports: readonly ReturnType<typeof port>[]): readonly NetworkTable[] => [
    ingressTable(lab.hosts, { tasks: web.map(({ id, host }) => ({ id, host })), ports }),
  ];
  /** A program that answers each connection with a word, and that it is there. */
  const program = async (host: LabHost, number: number, word: string, address = "0.0.0.0"): Promise<Dialogue> => {
    const listen = `listen(${number}, "${address}", () => console.log("ready"))`;
    const script = `require("node:net").createServer((socket) => socket.end("${word}\\n")).${listen}`;
    const dialogue = lab.talk(host, process.execPath, "-e", script);
    assert.equal(await dialogue.say(""), "ready");
    return dialogue;
  };
  const clashes = async (host: LabHost): Promise<readonly string[]> => {
    await lab.call(host, "lookAtPorts");
    const listeners = await lab.call<readonly HostListener[]>(host, "hostListeners");
    const clashing = listeners.filter(({ clash }) => clash !== "NONE");
    return clashing.map(({ port, address, program, clash }) => `${port} ${address} ${program} ${clash}`);
  };

  before(async () => {
    lab.up();
    await lab.applyEverywhere(table());
    web.push(await lab.startTask(host2, task("web1", { ingressAddress: "10.0.0.11/24" }), SERVER));
    await lab.applyEverywhere(table());
  });
  after(() => lab[Symbol.asyncDispose]());

  it("are left to a program that was first, on its host, until it ends", async () => {
    const first = await program(host1, 80, "nginx");
    await lab.applyEverywhere(table(port("TCP", 80, SERVER.tcp)));
    assert.equal(lab.ask("client", "tcp", host1.address, 80), "nginx");
    assert.equal(lab.ask("client", "tcp", host2.address, 80), `${web[0]?.id} ${CLIENT}`);
    assert.deepEqual(await clashes(host1), ["80 0.0.0.0 node LEFT"]);
    await lab.killDaemon(host1);
    lab.startDaemon(host1);
    await lab.call(host1, "apply", table(port("TCP", 80, SERVER.tcp)));
    assert.equal(lab.ask("client", "tcp", host1.address, 80), "nginx", "after a restart of the daemon");
    await first.end();
    assert.deepEqual(await clashes(host1), []);
    assert.equal(lab.ask("client", "tcp", host1.address, 80), `${web[0]?.id} ${CLIENT}`);
  });

  it("stay the service's when a program comes later, and the host says so", async () => {
    const later = await program(host1, 80, "intruder");
    assert.deepEqual(await clashes(host1), ["80 0.0.0.0 node TAKEN"]);
    assert.equal(lab.ask("client", "tcp", host1.address, 80), `${web[0]?.id} ${CLIENT}`);
    await later.end();
  });

  it("are left to a program at the one address it listens on", async () => {
    const local = await program(host1, 81, "local", "127.0.0.1");
    await lab.applyEverywhere(table(port("TCP", 81, SERVER.tcp)));
    assert.equal(lab.ask(host1, "tcp", "127.0.0.1", 81), "local");
    assert.equal(lab.ask(host1, "tcp", host1.address, 81), `${web[0]?.id} ${host1.address}`);
    assert.equal(lab.ask("client", "tcp", host1.address, 81), `${web[0]?.id} ${CLIENT}`);
    await local.end();
  });

  it("answer at the address they are published on, and at no other, where a block means each host's own", async () => {
    lab.run(host1, "ip", "address", "add", "10.97.0.1/24", "dev", "eth0");
    lab.run(host2, "ip", "address", "add", "10.97.0.2/24", "dev", "eth0");
    lab.run("client", "ip", "address", "add", "10.97.0.200/24", "dev", "eth0");
    await lab.applyEverywhere(
      table(
        port("TCP", 82, SERVER.tcp, "INGRESS", host1.address),
        port("TCP", 82, SERVER.tcp, "INGRESS", host2.address),
        port("UDP", 83, SERVER.udp, "INGRESS", "10.97.0.0/24"),
      ),
    );
    const own = `${web[0]?.id} ${CLIENT}`;
    assert.deepEqual(
      [host1.address, host2.address, "10.97.0.1", "10.97.0.2"].map((to) => lab.ask("client", "tcp", to, 82)),
      [own, own, "refused", "refused"],
    );
    for (const to of ["10.97.0.1", "10.97.0.2"])
      assert.equal(lab.ask("client", "udp", to, 83), `${web[0]?.id} 10.97.0.200`);
    assert.ok(lab.isSilent("client", "udp", host1.address, 83));
    assert.equal(lab.ask(host1, "tcp", "127.0.0.1", 82), "refused");
  });

  it("of one host answer at the address they are published on, and leave it to others elsewhere", async () => {
    const at = (hostIp: string): ReturnType<typeof port> => port("TCP", 8000, SERVER.tcp, "HOST", hostIp);
    const one = await lab.startTask(host1, task("one", { ports: [at("10.97.0.1")] }), SERVER);
    assert.equal(lab.ask("client", "tcp", "10.97.0.1", 8000), `${one.id} 10.97.0.200`);
    assert.equal(lab.ask("client", "tcp", host1.address, 8000), "refused");
    await assert.rejects(lab.call(host1, "attach", task("rival", { ports: [at("")] })), /in use by task one/);
    const other = await lab.startTask(host1, task("other", { ports: [at(host1.address)] }), SERVER);
    assert.equal(lab.ask("client", "tcp", host1.address, 8000), `${other.id} ${CLIENT}`);
    assert.equal(lab.ask("client", "tcp", "10.97.0.1", 8000), `${one.id} 10.97.0.200`);
  });
});
