import { EGRESS_LINK_PREFIX, INGRESS_LINK_PREFIX } from "./names.ts";
import type { PacketSet } from "./packet-sets.ts";
import type { Backend, PublishedPort } from "./published-ports.ts";
import { remembered } from "./remembered.ts";
import type { FamilyRules } from "./rule-set.ts";
import { STICKY_SEED, stickySlots } from "./sticky-slots.ts";
import { DNS_PORT } from "./task-dns-rules.ts";

/** The chains of published ports and of tasks' links to their host: for both families, each in its own table. */

const TASKS = { ingress: `"${INGRESS_LINK_PREFIX}*"`, egress: `"${EGRESS_LINK_PREFIX}*"` } as const;
/**
 * Addresses of this host on which no published port answers over IPv6. What comes from a link-local address is never
 * passed on, and an answer to `::1` that comes in by another device than loopback finds no way (IPv4: route_localnet).
 */
const UNTRANSLATED_IPV6 = ["::1", "fe80::/10"] as const;

export interface MeshTable {
  readonly family: PacketSet["family"];
  readonly rules: FamilyRules;
  /** The VXLAN device of the ingress network; null = this host is not on it. */
  readonly device: string | null;
}

export function meshChains(table: MeshTable): readonly string[] {
  return [...guardChains(table), ...returnChains(table), portChains(table), natChains(table), filterChains(table)];
}

/**
 * Bit of a packet's mark that says: put into VXLAN by the kernel. Only root can set marks, so that no other program of
 * this host can write VXLAN packets by hand. A bit that neither Docker nor Kubernetes nor Cilium uses.
 */
export const MADE_BY_VXLAN = "0x00100000";

/**
 * Keeps forged packets out: loopback addresses, addresses and MACs a task does not have, frames of the overlay that
 * are not for this host, and addresses of the ingress network from a host that does not have them.
 */
function guardChains({ family, rules: { ingress }, device: vxlan }: MeshTable): readonly string[] {
  const nobody =
    family === "ip"
      ? ["ip daddr 127.0.0.0/8 drop", "ip saddr 127.0.0.0/8 drop"]
      : // The kernel itself drops loopback addresses. Neighbours are told on both ends, and there is no router.
        [`icmpv6 type ${NEIGHBOUR_DISCOVERY} drop`];
  const tasks = [...nobody, `iifname . ether saddr . ${family} saddr != @tasks drop`];
  const overlay = [
    ...nobody,
    "meta pkttype != host drop",
    `${family} saddr ${anyOf(ingress?.subnets ?? [])} ether saddr . ${family} saddr != @peers drop`,
  ];
  const isOverlay = ingress !== null && vxlan !== null;
  return [
    plainChain("guard_tasks", tasks),
    ...(isOverlay ? [plainChain("guard_overlay", overlay)] : []),
    // What comes from elsewhere, most of what the host gets, is done with after these few.
    chain("guard", "filter hook prerouting priority raw", [
      ...(isOverlay ? [`iifname "${vxlan}" goto guard_overlay`] : []),
      ...[TASKS.ingress, TASKS.egress].map((device) => `iifname ${device} goto guard_tasks`),
    ]),
  ];
}

const NEIGHBOUR_DISCOVERY =
  "{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert, nd-redirect }";

/**
 * Answers go back through the host where the connection came in, because only that host can undo the translation.
 *
 * `entry`: connections of each entry host are kept in a zone of their own, since one client may use one source port
 * towards several hosts (a load balancer in front of the swarm does). In reply direction all share the common zone, so
 * the kernel gives a second such connection another source port towards the task.
 *
 * `answer`: after the kernel has undone that. Not by policy routing: the kernel looks for local destinations first, so
 * the answer to a client that is this very host would never leave. `dup` sends a copy to the entry host whatever the
 * destination is, and the original ends here.
 */
function returnChains({ rules: { ingress }, device }: MeshTable): readonly string[] {
  if (ingress === null || device === null) return [];
  return [
    // See `vxlan_out`.
    chain("vxlan_mark", "filter hook postrouting priority mangle", [
      `oifname "${device}" meta mark set meta mark | ${MADE_BY_VXLAN}`,
    ]),
    chain("entry", "filter hook prerouting priority raw", [
      `iifname "${device}" ct original zone set ether saddr map @entry_zones`,
    ]),
    chain("answer", "filter hook prerouting priority dstnat + 10", [
      `iifname ${TASKS.ingress} ct direction reply dup to ct original zone map @entry_hosts drop`,
    ]),
  ];
}

function portChains({ family, rules: { ports } }: MeshTable): string {
  const open = ports.filter(({ backends }) => backends.length > 0);
  const perPort = open.map((port) => `chain ${chainName(port)} {\n  ${dnat(port)}\n}`);
  const everywhere = open.filter(({ hostIp }) => hostIp === "");
  const somewhere = open
    .filter(({ hostIp }) => hostIp !== "")
    .map(
      (port) =>
        `\n  ${family} daddr ${port.hostIp} meta l4proto ${port.protocol} th dport ${port.port} goto ${chainName(port)}`,
    );
  const elements = everywhere.map((port) => `${port.protocol} . ${port.port} : goto ${chainName(port)}`);
  const dispatch =
    elements.length === 0 ? "" : `\n  meta l4proto . th dport vmap {\n    ${elements.join(",\n    ")}\n  }`;
  const leave = open
    .filter(({ except }) => except.length > 0)
    .map((port) => `\n  ${family} daddr ${heldHere(port)} return`);
  return [...perPort, `chain ports {${leave.join("")}${somewhere.join("")}${dispatch}\n}`].join("\n");
}

/** Addresses where programs of this host have the port, and the port. */
function heldHere({ protocol, port, except }: PublishedPort): string {
  return `{ ${except.join(", ")} } meta l4proto ${protocol} th dport ${port}`;
}

export function chainName({ protocol, port, hostIp }: PublishedPort): string {
  // Where words are left out of an address of IPv6 must stay visible: fd00::1:2 is not fd00:1::2.
  const words = hostIp.includes(":") ? hostIp.split(/[:/]/) : hostIp.split(/[./]/).filter((part) => part !== "");
  return ["port", protocol, port, ...words].join("_");
}

/** Each backend in turn, or the one that a client's address stands for. */
export const dnat = remembered(({ protocol, backends, isSticky }: PublishedPort): string => {
  const [only] = backends;
  const target = ({ address, port }: Backend, separator: string): string =>
    `${separator === ":" && address.includes(":") ? `[${address}]` : address}${separator}${port}`;
  if (backends.length === 1 && only !== undefined) return `meta l4proto ${protocol} dnat to ${target(only, ":")}`;
  const elements = (isSticky ? stickySlots(backends) : backends).map((one, at) => `${at} : ${target(one, " . ")}`);
  if (isSticky && only !== undefined) {
    const client = only.address.includes(":") ? "ip6 saddr" : "ip saddr";
    const slot = `jhash ${client} mod ${elements.length} seed ${STICKY_SEED}`;
    return `meta l4proto ${protocol} dnat to ${slot} map { ${elements.join(", ")} }`;
  }
  return `meta l4proto ${protocol} dnat to numgen inc mod ${backends.length} map { ${elements.join(", ")} }`;
});

function natChains({ family, rules: { ingress, egress } }: MeshTable): string {
  const mesh = anyOf(ingress?.subnets ?? []);
  const subnets = [...(ingress?.subnets ?? []), egress.subnet].join(", ");
  // Clients on this host that a task could not answer through us: loopback, and other tasks.
  const inside = `ct status dnat ${family} saddr { ${family === "ip" ? "127.0.0.0/8, " : ""}${subnets} }`;
  const hidden = `${family} daddr . ${family} saddr @hidden_clients`;
  const toPorts = [
    ...(family === "ip" ? [toNames(egress)] : []),
    `fib daddr type local ${family === "ip" ? "" : `ip6 daddr != { ${UNTRANSLATED_IPV6.join(", ")} } `}jump ports`,
  ];
  return [
    // Only for packets to this host: what merely passes through is not ours.
    chain("prerouting", "nat hook prerouting priority dstnat", toPorts),
    chain("output", "nat hook output priority -100", toPorts),
    chain("postrouting", "nat hook postrouting priority srcnat", [
      ...(ingress === null ? [] : [`${inside} ${family} daddr ${mesh} snat to ${ingress.address}`]),
      `${inside} ${family} daddr ${egress.subnet} snat to ${egress.gateway}`,
      // On the task's host, wherever the connection came in: its answer goes on from here as any other's.
      ...(ingress === null ? [] : [`${hidden} ${family} daddr ${mesh} snat to ${ingress.address}`]),
      `${hidden} ${family} daddr ${egress.subnet} snat to ${egress.gateway}`,
      `${family} saddr { ${subnets} } ${family} daddr != { ${subnets} } masquerade`,
    ]),
  ].join("\n");
}

/** As nft takes one block, or any of several. */
function anyOf(blocks: readonly string[]): string {
  return blocks.length === 1 ? (blocks[0] ?? "") : `{ ${blocks.join(", ")} }`;
}

/** Questions of tasks for names, which a published port 53 must not take. */
function toNames(egress: FamilyRules["egress"]): string {
  return `${questions(egress)} accept`;
}

function questions({ gateway }: FamilyRules["egress"]): string {
  return `ip daddr ${gateway} meta l4proto { tcp, udp } th dport ${DNS_PORT}`;
}

/** The host answers on every address it has, whatever device a packet comes from; names are for its own tasks. */
function strangersToNames(egress: FamilyRules["egress"]): string {
  const stranger = ['"lo"', TASKS.ingress, TASKS.egress].map((device) => `iifname != ${device}`).join(" ");
  return `${stranger} ${questions(egress)} drop`;
}

function filterChains({ family, rules: { ingress, egress, ports }, device }: MeshTable): string {
  const closed = ports.filter(({ backends }) => backends.length === 0);
  const refusals = closed.map(({ protocol, port, hostIp, except }) => {
    const refusal =
      protocol === "tcp"
        ? `tcp dport ${port} ct state new reject with tcp reset`
        : `meta l4proto ${protocol} th dport ${port} ct state new reject`;
    const others = [...new Set([...except, ...(family === "ip" ? [] : UNTRANSLATED_IPV6)])];
    const kept = others.length === 0 ? "" : `${family} daddr != { ${others.join(", ")} } `;
    return `${hostIp === "" ? "" : `${family} daddr ${hostIp} `}${kept}${refusal}`;
  });
  const overlay = ingress === null || device === null ? null : `"${device}"`;
  return [
    chain("input", "filter hook input priority filter - 10", [
      // Another host only sends what belongs to connections of ours; this host is not to be reached by the overlay.
      ...(overlay === null ? [] : [`iifname ${overlay} ct state != { established, related } drop`]),
      ...(family === "ip" ? [strangersToNames(egress), toNames(egress)] : []),
      // A task without a way out begins nothing else.
      "iifname @closed ct direction original drop",
      // A published port without a backend answers at once, so that clients need not wait for a timeout.
      ...refusals,
    ]),
    // Tasks are reached through published ports: not by whoever routes their addresses to us, nor by each other, but
    // for own containers on the predefined bridge.
    chain("forward", "filter hook forward priority filter - 10", [
      "iifname @closed ct direction original drop",
      "ct state established,related accept",
      ...(overlay === null
        ? []
        : [
            // Translated on the entry host, so this one must know for itself what is published.
            `iifname ${overlay} oifname ${TASKS.ingress} ${family} daddr . meta l4proto . th dport @targets accept`,
            `iifname ${overlay} drop`,
          ]),
      "ct status dnat accept",
      `oifname ${TASKS.ingress} drop`,
      ...(overlay === null ? [] : [`oifname ${overlay} drop`]),
      "iifname @bridged oifname @bridged accept",
      `oifname ${TASKS.egress} drop`,
    ]),
    // A task that calls itself through a published port must not be told a shorter way.
    chain("local_answers", "filter hook output priority filter", [
      ...[TASKS.ingress, TASKS.egress].map(
        (links) => `oifname ${links} ${family === "ip" ? "icmp type redirect" : "icmpv6 type nd-redirect"} drop`,
      ),
    ]),
  ].join("\n");
}

/** One that is only jumped to. */
function plainChain(name: string, rules: readonly string[]): string {
  return [`chain ${name} {`, ...rules.map((rule) => `  ${rule}`), "}"].join("\n");
}

export function chain(name: string, hook: string, rules: readonly string[]): string {
  return [`chain ${name} {`, `  type ${hook}; policy accept;`, ...rules.map((rule) => `  ${rule}`), "}"].join("\n");
}
