import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Attachment } from "../../../../worker/network/attachment.ts";
import { hiddenClients } from "../../../../worker/network/hidden-clients.ts";
import type { NetworkView } from "../../../../worker/network/user-network/network-view.ts";
import { port, taskIdOf } from "../../../support/network-objects.ts";
import { wireId } from "../../../support/user-network-objects.ts";

const on = (...names: readonly string[]): Attachment["networks"] =>
  names.map((name) => ({
    networkId: wireId(name),
    interfaceName: "eth0",
    cidrs: { ipv4: "10.5.0.4/24", ipv6: null },
    isInternal: false,
  }));
const task = (part: Partial<Attachment>): Attachment => ({
  ...{ taskId: taskIdOf("app"), namespacePath: "/netns/app", kind: "ingress", cidr: "10.0.0.5/20", cidr6: null },
  ...{ hostPorts: [], formerCidr: null, interfaceName: "eth1", networks: [], isBridged: false },
  ...part,
});
const view = (name: string, ...cidrs: readonly string[]): NetworkView =>
  ({
    id: wireId(name),
    blocks: cidrs.map((cidr) => ({ cidr, family: cidr.includes(":") ? "ipv6" : "ipv4", gateway: "" })),
  }) as unknown as NetworkView;

describe("clients that a task with published ports would look for elsewhere", () => {
  const cases: readonly (readonly [string, Partial<Attachment>, readonly string[]])[] = [
    ["are none where it has no network of its own", {}, []],
    [
      "are those of each block of each network, over IPv4",
      { networks: on("blue", "red") },
      ["10.5.0.0/24", "10.6.0.0/16", "10.7.0.0/24"],
    ],
    ["are none where nothing is published", { kind: "egress", networks: on("blue") }, []],
    [
      "are told for ports of its host as well",
      { kind: "egress", cidr: "172.31.240.2/20", hostPorts: [port("TCP", 80, 80, "HOST")], networks: on("red") },
      ["10.7.0.0/24"],
    ],
    ["are none on a network that is not known here", { networks: on("lost") }, []],
    ["are told by the largest of blocks that overlap", { networks: on("blue", "wide") }, ["10.0.0.0/8"]],
  ];
  const networks = [
    view("blue", "10.5.0.0/24", "fd00:5::/64", "10.6.0.0/16"),
    view("red", "10.7.0.0/24"),
    view("wide", "10.0.0.0/8"),
  ];
  for (const [what, part, clients] of cases)
    it(what, () => {
      const told = hiddenClients([task(part)], networks);
      assert.deepEqual(told.map((one) => one.clients).sort(), clients);
      for (const one of told) assert.equal(`${one.task}/20`, task(part).cidr);
    });
});
