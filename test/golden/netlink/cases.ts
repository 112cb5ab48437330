import type { NetworkChange } from "../../../worker/netlink/change.ts";

/** The devices that are there when the cases are recorded, with their numbers. */
export const DEVICES: ReadonlyMap<string, number> = new Map([
  ["lo", 1],
  ["br0", 2],
  ["vx4", 3],
  ["vx6", 4],
  ["va", 6],
]);
/** Makes them in an empty namespace; the far end of `va` has number 5. */
export const PREPARATION = [
  "ip link set lo up",
  "ip link add name br0 type bridge",
  "ip link add name vx4 type vxlan id 1 dstport 4789 local 10.98.0.1",
  "ip link add name vx6 type vxlan id 2 dstport 4789 local fd00::1",
  "ip link add name va type veth peer name vb",
  "ip link set br0 up",
  "ip link set vx4 up",
  "ip link set vx6 up",
  "ip address add 10.0.0.2/24 dev br0",
  "ip address add 10.0.0.9/32 dev br0",
  "ip address add fd00:1::2/64 dev br0 nodad",
] as const;
/** Name of another namespace, which programs open as file 4. */
export const NAMESPACE = { name: "swarm-golden", file: 4 } as const;

const basics = (name: string, mac: string, mtu: number) => ({ name, mac, mtu, namespace: null });
const OWN_ROUTE = 83;
const HOST_MAC = "02:42:0a:00:00:02";

/** What a program of iproute2 does, and the change that must be the same message. */
export const CASES: readonly (readonly [string, NetworkChange])[] = [
  [
    "ip link add name h0 mtu 1400 type bridge",
    { kind: "addLink", link: { kind: "bridge", name: "h0", mac: null, mtu: 1400, namespace: null } },
  ],
  [
    `ip link add name x0 address ${HOST_MAC} mtu 1450 type vxlan id 4096 dstport 4799 local 10.98.0.1 nolearning`,
    {
      kind: "addLink",
      link: { kind: "vxlan", ...basics("x0", HOST_MAC, 1450), vni: 4096, port: 4799, local: "10.98.0.1" },
    },
  ],
  [
    `ip link add name x1 address ${HOST_MAC} mtu 1430 type vxlan id 4097 dstport 4799 local fd00::1 nolearning`,
    {
      kind: "addLink",
      link: { kind: "vxlan", ...basics("x1", HOST_MAC, 1430), vni: 4097, port: 4799, local: "fd00::1" },
    },
  ],
  [
    `ip link add address ${HOST_MAC} mtu 1450 netns swarm-golden name x2 type vxlan id 4098 dstport 4799 nolearning`,
    {
      kind: "addLink",
      link: {
        kind: "vxlan",
        ...{ ...basics("x2", HOST_MAC, 1450), namespace: NAMESPACE.name },
        ...{ vni: 4098, port: 4799, local: null },
      },
    },
  ],
  [
    "ip link add swe-a address 02:42:0a:00:00:01 mtu 1450 numtxqueues 1 numrxqueues 1 type veth peer address 02:42:0a:00:00:0b mtu 1450 netns swarm-golden numtxqueues 1 numrxqueues 1 name eth0",
    {
      kind: "addLink",
      link: {
        kind: "veth",
        ...basics("swe-a", "02:42:0a:00:00:01", 1450),
        peer: { ...basics("eth0", "02:42:0a:00:00:0b", 1450), namespace: NAMESPACE.name },
      },
    },
  ],
  ["ip link set dev br0 up", { kind: "setUp", device: "br0" }],
  ["ip link set dev br0 mtu 1300", { kind: "setMtu", device: "br0", mtu: 1300 }],
  ["ip link set dev va master br0", { kind: "setBridge", device: "va", bridge: "br0" }],
  ["ip link set dev va nomaster", { kind: "setBridge", device: "va", bridge: null }],
  [
    "ip address replace 10.0.0.8/24 dev br0 noprefixroute",
    { kind: "addAddress", address: { device: "br0", cidr: "10.0.0.8/24" }, scope: "global" },
  ],
  [
    "ip address replace 10.0.0.1/32 dev br0 scope link noprefixroute",
    { kind: "addAddress", address: { device: "br0", cidr: "10.0.0.1/32" }, scope: "link" },
  ],
  [
    "ip address replace fd00:1::8/64 dev br0 nodad noprefixroute",
    { kind: "addAddress", address: { device: "br0", cidr: "fd00:1::8/64" }, scope: "global" },
  ],
  ["ip address del 10.0.0.9/32 dev br0", { kind: "removeAddress", address: { device: "br0", cidr: "10.0.0.9/32" } }],
  [
    "ip route replace 10.0.0.12 dev br0 scope link proto 83 src 10.0.0.2",
    {
      kind: "addRoute",
      route: {
        kind: "unicast",
        destination: "10.0.0.12",
        device: "br0",
        via: null,
        source: "10.0.0.2",
        protocol: OWN_ROUTE,
      },
      onlink: false,
    },
  ],
  [
    "ip route replace 10.0.0.13 via 10.0.0.3 dev br0 onlink proto 83 src 10.0.0.2",
    {
      kind: "addRoute",
      route: {
        kind: "unicast",
        destination: "10.0.0.13",
        device: "br0",
        via: "10.0.0.3",
        source: "10.0.0.2",
        protocol: OWN_ROUTE,
      },
      onlink: true,
    },
  ],
  [
    "ip route replace default via 10.0.0.12 dev br0 src 10.0.0.2 proto 83",
    {
      kind: "addRoute",
      route: {
        kind: "unicast",
        destination: "0.0.0.0/0",
        device: "br0",
        via: "10.0.0.12",
        source: "10.0.0.2",
        protocol: OWN_ROUTE,
      },
      onlink: false,
    },
  ],
  [
    "ip route replace fd00:1::12 dev br0 proto 83",
    {
      kind: "addRoute",
      route: {
        kind: "unicast",
        destination: "fd00:1::12",
        device: "br0",
        via: null,
        source: null,
        protocol: OWN_ROUTE,
      },
      onlink: false,
    },
  ],
  [
    "ip route replace fd00:1::13 via fd00:1::12 dev br0 onlink proto 83 src fd00:1::2",
    {
      kind: "addRoute",
      route: {
        kind: "unicast",
        destination: "fd00:1::13",
        device: "br0",
        via: "fd00:1::12",
        source: "fd00:1::2",
        protocol: OWN_ROUTE,
      },
      onlink: true,
    },
  ],
  [
    "ip route replace unreachable 10.1.0.0/24 proto 83",
    {
      kind: "addRoute",
      route: {
        kind: "unreachable",
        destination: "10.1.0.0/24",
        device: "",
        via: null,
        source: null,
        protocol: OWN_ROUTE,
      },
      onlink: false,
    },
  ],
  [
    "ip route replace unreachable fd00:2::/64 proto 83",
    {
      kind: "addRoute",
      route: {
        kind: "unreachable",
        destination: "fd00:2::/64",
        device: "",
        via: null,
        source: null,
        protocol: OWN_ROUTE,
      },
      onlink: false,
    },
  ],
  [
    "ip route del unicast 10.0.0.12 dev br0 proto 83 src 10.0.0.2",
    {
      kind: "removeRoute",
      route: {
        kind: "unicast",
        destination: "10.0.0.12",
        device: "br0",
        via: null,
        source: "10.0.0.2",
        protocol: OWN_ROUTE,
      },
    },
  ],
  [
    "ip route del unreachable 10.1.0.0/24 proto 83",
    {
      kind: "removeRoute",
      route: {
        kind: "unreachable",
        destination: "10.1.0.0/24",
        device: "",
        via: null,
        source: null,
        protocol: OWN_ROUTE,
      },
    },
  ],
  [
    "ip neighbour replace 10.0.0.3 lladdr 02:42:0a:00:00:03 dev br0 nud permanent",
    { kind: "addNeighbour", neighbour: { device: "br0", address: "10.0.0.3", mac: "02:42:0a:00:00:03" } },
  ],
  [
    "ip neighbour replace fd00:1::3 lladdr 02:42:0a:00:00:03 dev br0 nud permanent",
    { kind: "addNeighbour", neighbour: { device: "br0", address: "fd00:1::3", mac: "02:42:0a:00:00:03" } },
  ],
  [
    "ip neighbour del 10.0.0.3 dev br0",
    { kind: "removeNeighbour", neighbour: { device: "br0", address: "10.0.0.3", mac: "02:42:0a:00:00:03" } },
  ],
  [
    "bridge fdb append 02:42:0a:00:00:03 dev vx4 dst 10.98.0.2 self permanent",
    { kind: "addForwarding", forwarding: { device: "vx4", mac: "02:42:0a:00:00:03", destination: "10.98.0.2" } },
  ],
  [
    "bridge fdb append 02:42:0a:00:00:03 dev vx6 dst fd00::2 self permanent",
    { kind: "addForwarding", forwarding: { device: "vx6", mac: "02:42:0a:00:00:03", destination: "fd00::2" } },
  ],
  [
    "bridge fdb del 02:42:0a:00:00:03 dev vx4 dst 10.98.0.2 self",
    { kind: "removeForwarding", forwarding: { device: "vx4", mac: "02:42:0a:00:00:03", destination: "10.98.0.2" } },
  ],
  ["ip link del dev va", { kind: "removeLink", device: "va" }],
];

/** The text of the golden file: each command with its message, 16 bytes a line. */
export function formatMessages(messages: readonly (readonly [string, Buffer])[]): string {
  return messages
    .map(([command, bytes]) => {
      const lines = bytes.toString("hex").match(/.{1,32}/g) ?? [];
      return [command, ...lines.map((line) => `  ${(line.match(/../g) ?? []).join(" ")}`), ""].join("\n");
    })
    .join("\n");
}
