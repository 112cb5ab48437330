/** The packet rules as text; UPDATE_GOLDEN=1 rewrites the files, whose difference is then reviewed. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { chainName } from "../../../worker/network/mesh-chains.ts";
import { renderNft, renderNftChange } from "../../../worker/network/render-nft.ts";
import type { RuleSet } from "../../../worker/network/rule-set.ts";

const egress = { subnet: "172.31.240.0/20", gateway: "172.31.240.1" };
const ingress = {
  device: "sw-vx4096",
  vni: 4096,
  port: 4789,
  dataPathAddress: "10.98.0.1",
  subnets: ["10.0.0.0/24"],
  address: "10.0.0.2",
  remoteTasks: [],
  targets: [],
};
const entries = [
  { mac: "02:42:0a:00:00:04", zone: 4, address: "10.0.0.4", dataPathAddress: "10.98.0.3" },
  { mac: "02:42:0a:00:00:03", zone: 3, address: "10.0.0.3", dataPathAddress: "10.98.0.2" },
];

/** No user networks. */
const alone = { overlays: null, closed: [], bridged: [], hiddenClients: [], ipv6: null };

const scenarios: Record<string, RuleSet> = {
  "no-network": { ...alone, ingress: null, egress, tasks: [], ports: [] },
  "single-host": { ...alone, ingress: { ...ingress, entries: [] }, egress, tasks: [], ports: [] },
  mesh: {
    ...alone,
    ingress: {
      ...ingress,
      entries,
      remoteTasks: [
        { mac: "02:42:0a:00:00:04", address: "10.0.0.6" },
        { mac: "02:42:0a:00:00:03", address: "10.0.0.7" },
      ],
      targets: [{ address: "10.0.0.5", protocol: "tcp", port: 8080 }],
    },
    egress,
    tasks: [
      { link: "swi-5555xxxxxxx", mac: "02:42:0a:00:00:05", address: "10.0.0.5" },
      { link: "swe-6666xxxxxxx", mac: "02:42:ac:1f:f0:02", address: "172.31.240.2" },
    ],
    ports: [
      {
        protocol: "sctp",
        port: 36412,
        hostIp: "",
        backends: [{ address: "10.0.0.9", port: 36412 }],
        except: [],
        isSticky: false,
      },
      {
        protocol: "tcp",
        port: 80,
        hostIp: "",
        backends: ["10.0.0.5", "10.0.0.6"].map((address) => ({ address, port: 8080 })),
        except: [],
        isSticky: false,
      },
      { protocol: "tcp", port: 443, hostIp: "", backends: [], except: [], isSticky: false },
      { protocol: "tcp", port: 8443, hostIp: "", backends: [], except: ["10.98.0.1"], isSticky: false },
      {
        protocol: "udp",
        port: 53,
        hostIp: "",
        backends: [{ address: "10.0.0.7", port: 5353 }],
        except: ["127.0.0.1", "127.0.0.53"],
        isSticky: false,
      },
      {
        protocol: "tcp",
        port: 9090,
        hostIp: "10.98.0.1",
        backends: [{ address: "10.0.0.5", port: 9000 }],
        except: [],
        isSticky: false,
      },
      {
        protocol: "tcp",
        port: 9090,
        hostIp: "10.99.0.0/24",
        backends: [
          { address: "10.0.0.6", port: 1 },
          { address: "10.0.0.7", port: 1 },
        ],
        except: ["10.99.0.5"],
        isSticky: false,
      },
      { protocol: "udp", port: 123, hostIp: "", backends: [], except: [], isSticky: false },
      { protocol: "udp", port: 124, hostIp: "10.98.0.0/16", backends: [], except: [], isSticky: false },
      { protocol: "udp", port: 125, hostIp: "10.98.0.1", backends: [], except: [], isSticky: false },
      { protocol: "tcp", port: 126, hostIp: "10.98.0.0/16", backends: [], except: [], isSticky: false },
      { protocol: "tcp", port: 127, hostIp: "10.98.0.1", backends: [], except: [], isSticky: false },
      {
        protocol: "tcp",
        port: 9091,
        hostIp: "10.98.0.1",
        backends: ["10.0.0.5", "10.0.0.6"].map((address) => ({ address, port: 8080 })),
        except: [],
        isSticky: false,
      },
      {
        protocol: "tcp",
        port: 9092,
        hostIp: "10.98.0.0/16",
        backends: [{ address: "10.0.0.5", port: 9000 }],
        except: [],
        isSticky: false,
      },
    ],
  },
};

const mesh = scenarios["mesh"] as RuleSet;
scenarios["ipv6-data-path"] = {
  ...alone,
  ingress: {
    ...ingress,
    port: 4790,
    dataPathAddress: "fd00::1",
    entries: entries.map((entry) => ({ ...entry, dataPathAddress: `fd00::${entry.zone}` })),
  },
  egress,
  tasks: mesh.tasks,
  ports: [],
};

const overlays = {
  port: 4789,
  dataPathAddress: "10.98.0.1",
  vnis: [4097, 4098],
  hosts: [
    { mac: "0a:00:00:00:00:02", dataPathAddress: "10.98.0.2" },
    { mac: "0a:00:00:00:00:03", dataPathAddress: "10.98.0.3" },
  ],
};
scenarios["user-networks"] = {
  ...mesh,
  overlays,
  closed: ["swe-6666xxxxxxx"],
  bridged: ["swe-7777xxxxxxx", "swe-8888xxxxxxx"],
  hiddenClients: [{ task: "10.0.0.5", clients: "10.98.0.0/24" }],
};
scenarios["user-networks-alone"] = { ...alone, ingress: null, egress, tasks: [], ports: [], overlays };

const egress6 = { subnet: "fd73:7761:726d::/64", gateway: "fd73:7761:726d::ac1f:f001" };
const hosts6 = ["fd00:1::a00:5", "fd00:1::a00:6"];
const ports6: RuleSet["ports"] = [
  { hostIp: "", except: [], isSticky: false },
  { hostIp: "", except: ["::1", "fd98::1"], isSticky: false },
  { hostIp: "fd98::1", except: [], isSticky: false },
  { hostIp: "fd98::/64", except: ["fd98::5"], isSticky: false },
].flatMap((where, at) =>
  (["tcp", "udp"] as const).flatMap((protocol) =>
    [0, 1, 2].map((count) => ({
      ...where,
      protocol,
      port: 80 + 10 * at + count,
      backends: hosts6.slice(0, count).map((address) => ({ address, port: 8080 })),
    })),
  ),
);
scenarios["mesh-ipv6"] = {
  ...mesh,
  overlays,
  closed: ["swe-6666xxxxxxx"],
  ipv6: {
    ingress: {
      subnets: ["fd00:1::/64"],
      address: "fd00:1::a00:2",
      entries: entries.map(({ mac, zone }) => ({ mac, zone, address: `fd00:1::a00:${zone}` })),
      remoteTasks: [{ mac: "02:42:0a:00:00:04", address: "fd00:1::a00:6" }],
      targets: [{ address: "fd00:1::a00:5", protocol: "tcp", port: 8080 }],
    },
    hiddenClients: [{ task: "fd00:1::a00:5", clients: "fd98::/64" }],
    egress: egress6,
    tasks: [{ link: "swi-5555xxxxxxx", mac: "02:42:0a:00:00:05", address: "fd00:1::a00:5" }],
    ports: ports6,
  },
};
scenarios["mesh-grown"] = {
  ...mesh,
  ingress: mesh.ingress === null ? null : { ...mesh.ingress, subnets: ["10.0.0.0/24", "10.0.16.0/20"] },
};
scenarios["ipv6-alone"] = {
  ...(scenarios["ipv6-data-path"] as RuleSet),
  overlays: {
    ...overlays,
    dataPathAddress: "fd98::1",
    hosts: [{ mac: "0a:00:00:00:00:02", dataPathAddress: "fd98::2" }],
  },
  ipv6: { ingress: null, hiddenClients: [], egress: egress6, tasks: [], ports: [] },
};

describe("packet rules", () => {
  for (const [name, rules] of Object.entries(scenarios))
    it(`are as reviewed for ${name}`, () => {
      const file = join(import.meta.dirname, `${name}.nft`);
      const text = renderNft(rules);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
      assert.equal(text, readFileSync(file, "utf8"));
    });

  it("change by elements when hosts, endpoints and tasks come and go", () => {
    const { ingress: was } = mesh;
    assert.ok(was !== null);
    const after: RuleSet = {
      ...mesh,
      ingress: { ...was, entries: entries.slice(0, 1), remoteTasks: [], targets: [] },
      tasks: mesh.tasks.slice(1),
    };
    assert.equal(renderNftChange(mesh, mesh), "");
    const there = renderNftChange(mesh, after) ?? "";
    assert.deepEqual(there.trimEnd().split("\n"), [
      'delete element ip swarm tasks { "swi-5555xxxxxxx" . 02:42:0a:00:00:05 . 10.0.0.5 }',
      "delete element ip swarm members { 10.98.0.2 . 0x02420a000003 }",
      "delete element ip swarm member_addresses { 10.98.0.2 }",
      "delete element ip swarm peers { 02:42:0a:00:00:03 . 10.0.0.3, 02:42:0a:00:00:03 . 10.0.0.7, " +
        "02:42:0a:00:00:04 . 10.0.0.6 }",
      "delete element ip swarm targets { 10.0.0.5 . tcp . 8080 }",
      "delete element ip swarm entry_zones { 02:42:0a:00:00:03 : 3 }",
      "delete element ip swarm entry_hosts { 3 : 10.0.0.3 }",
    ]);
    assert.equal(renderNftChange(after, mesh), there.replaceAll("delete element", "add element"));
  });

  it("change one chain when a port leads to other tasks, and all when it leads nowhere any more", () => {
    const wide = mesh.ports.find(({ backends }) => backends.length > 1);
    assert.ok(wide !== undefined);
    const { protocol, port, backends } = wide;
    const leading = (count: number): RuleSet => ({
      ...mesh,
      ports: mesh.ports.map((one) => (one === wide ? { ...wide, backends: backends.slice(0, count) } : one)),
    });
    const chain = `ip swarm port_${protocol}_${port}`;
    const [only] = backends;
    assert.equal(
      renderNftChange(mesh, leading(1)),
      `flush chain ${chain}\nadd rule ${chain} meta l4proto ${protocol} dnat to ${only?.address}:${only?.port}\n`,
    );
    assert.equal(renderNftChange(mesh, leading(0)), null);
  });

  it("change of IPv6 by themselves, by elements and chains of their own table", () => {
    const was = scenarios["mesh-ipv6"] as RuleSet & { readonly ipv6: NonNullable<RuleSet["ipv6"]> };
    const wide = was.ipv6.ports.find(({ protocol, port }) => protocol === "tcp" && port === 82);
    const after: RuleSet = {
      ...was,
      ipv6: {
        ...was.ipv6,
        tasks: [],
        ports: was.ipv6.ports.map((port) => (port === wide ? { ...port, backends: port.backends.slice(0, 1) } : port)),
      },
    };
    assert.deepEqual((renderNftChange(was, after) ?? "").trimEnd().split("\n"), [
      'delete element ip6 swarm tasks { "swi-5555xxxxxxx" . 02:42:0a:00:00:05 . fd00:1::a00:5 }',
      "flush chain ip6 swarm port_tcp_82",
      "add rule ip6 swarm port_tcp_82 meta l4proto tcp dnat to [fd00:1::a00:5]:8080",
    ]);
    assert.equal(renderNftChange(was, { ...was, ipv6: null }), null);
  });

  it("have a chain for each address of IPv6, however alike", () => {
    const [first] = ports6.filter(({ backends }) => backends.length === 1);
    assert.ok(first !== undefined);
    const names = ["fd00::1:2", "fd00:1::2", "fd00::/64", "fd00::64"].map((hostIp) => chainName({ ...first, hostIp }));
    assert.equal(new Set(names).size, names.length, names.join(" "));
  });

  it("are loaded as a whole when the rules themselves change", () => {
    assert.equal(renderNftChange(mesh, { ...mesh, ports: [] }), null);
    assert.equal(renderNftChange(mesh, { ...mesh, ingress: null }), null);
  });
});
