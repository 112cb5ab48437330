import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attachment } from "../../../../worker/network/attachment.ts";
import { readIngress } from "../../../../worker/network/ingress.ts";
import { publishedPorts, stayingBackends } from "../../../../worker/network/published-ports.ts";
import { hostOf, ingressTable, nodeIdOf, port, type TableOptions, taskIdOf } from "../../../support/network-objects.ts";

const hosts = [hostOf(1), hostOf(2)];
const there = { host: hostOf(2) };

function ports(tasks: NonNullable<TableOptions["tasks"]>, attachments: readonly Attachment[] = []): readonly string[] {
  const table = ingressTable(hosts, { tasks, ports: [port("TCP", 80, 8080)] });
  return publishedPorts(readIngress([table], nodeIdOf(1)), attachments).map(
    ({ protocol, port, backends }) =>
      `${protocol}/${port}: ${backends.map((backend) => `${backend.address}:${backend.port}`).join(" ")}`,
  );
}

function attachment(name: string, cidr: string, hostPorts: Attachment["hostPorts"] = []): Attachment {
  const names = { taskId: taskIdOf(name), namespacePath: `/netns/${name}`, interfaceName: "eth0" };
  return { ...names, kind: "ingress", cidr, cidr6: null, hostPorts, formerCidr: null, networks: [], isBridged: false };
}

describe("published ports", () => {
  it("lead to ready tasks only", () => {
    const tasks = (["READY", "PENDING", "DRAINING"] as const).map((state, at) => ({
      id: taskIdOf(`web${at + 1}`),
      host: hostOf(2),
      state,
    }));
    assert.deepEqual(ports(tasks), ["tcp/80: 10.0.0.11:8080"]);
  });

  it("are there, and refuse, when no task is ready", () => {
    assert.deepEqual(ports([]), ["tcp/80: "]);
  });

  it("leave out a task of this host that is not attached, and one of an unknown host", () => {
    const tasks = [
      { id: taskIdOf("web1"), host: hostOf(1) },
      { id: taskIdOf("web2"), host: hostOf(3) },
    ];
    assert.deepEqual(ports(tasks), ["tcp/80: "]);
    assert.deepEqual(ports(tasks, [attachment("web1", "10.0.0.11/24")]), ["tcp/80: 10.0.0.11:8080"]);
  });

  it("of host mode lead to their task, and give way to the routing mesh", () => {
    const web = { id: taskIdOf("web1"), ...there };
    const hostPorts = [port("TCP", 80, 1), port("TCP", 81, 2), port("UDP", 80, 3)];
    assert.deepEqual(ports([web], [attachment("other", "10.0.0.20/24", hostPorts)]), [
      "tcp/80: 10.0.0.11:8080",
      "tcp/81: 10.0.0.20:2",
      "udp/80: 10.0.0.20:3",
    ]);
  });

  it("lead to tasks of this host first where they should, while it has any that are ready", () => {
    const first = { ...port("TCP", 80, 8080), localFirst: true };
    const backends = (state: "READY" | "DRAINING"): readonly string[] => {
      const tasks = [
        { id: taskIdOf("web1"), host: hostOf(1), state },
        { id: taskIdOf("web2"), ...there },
      ];
      const table = ingressTable(hosts, { tasks, ports: [first] });
      const [published] = publishedPorts(readIngress([table], nodeIdOf(1)), [attachment("web1", "10.0.0.11/24")]);
      return published?.backends.map(({ address }) => address) ?? [];
    };
    assert.deepEqual(backends("READY"), ["10.0.0.11"]);
    assert.deepEqual(backends("DRAINING"), ["10.0.0.12"]);
  });

  it("are the same list in whatever order tasks and hosts come", () => {
    const tasks = [3, 1, 2].map((number) => ({ id: taskIdOf(`web${number}`), ...there }));
    assert.deepEqual(ports(tasks), ports(tasks.toReversed()));
  });

  it("lead meanwhile to nobody who leaves, nor yet to anybody who comes", () => {
    const offered = (...tasks: readonly string[]): ReturnType<typeof publishedPorts> => {
      const ready = tasks.map((name) => ({ id: taskIdOf(name), host: hostOf(2), state: "READY" as const }));
      const table = ingressTable(hosts, { tasks: ready, ports: [port("TCP", 80, 8080)] });
      return publishedPorts(readIngress([table], nodeIdOf(1)), []);
    };
    const addresses = (ports: ReturnType<typeof publishedPorts>): readonly string[] =>
      ports.flatMap(({ backends }) => backends.map(({ address }) => address));
    const before = offered("web1", "web2");
    assert.deepEqual(addresses(stayingBackends(before, offered("web2", "web3"))), ["10.0.0.12"]);
    assert.equal(stayingBackends(before, offered("web1", "web2", "web3")), before, "nobody leaves");
    assert.deepEqual(addresses(stayingBackends(before, [])), [], "the port is not published any more");
    assert.equal(stayingBackends(before, []).length, 1, "and refuses until its rule goes");
  });
});
