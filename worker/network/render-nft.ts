import { EGRESS_LINK_PREFIX, INGRESS_LINK_PREFIX, NFT_TABLE } from "./names.ts";
import type { Backend, PublishedPort } from "./published-ports.ts";

/** What the table of packet rules depends on, and nothing else. */
export interface RuleSet {
  /** Null while this host has no address on the ingress network. */
  readonly ingress: {
    /** The VXLAN device. */
    readonly device: string;
    readonly subnet: string;
    /** This host's address on it. */
    readonly address: string;
    /** Every other host. */
    readonly entries: readonly { readonly mac: string; readonly zone: number; readonly address: string }[];
  } | null;
  readonly egress: { readonly subnet: string; readonly gateway: string };
  readonly ports: readonly PublishedPort[];
}

const TASKS = { ingress: `"${INGRESS_LINK_PREFIX}*"`, egress: `"${EGRESS_LINK_PREFIX}*"` } as const;

/**
 * The input of `nft -f -` that replaces our table in one transaction. Connections that are under way keep their
 * translation: it lives in the connection table, not here.
 */
export function renderNft(rules: RuleSet): string {
  const chains = [
    ...entryMaps(rules),
    guardChain(rules),
    ...returnChains(rules),
    portChains(rules),
    natChains(rules),
    filterChains(rules),
  ];
  return [
    `table ip ${NFT_TABLE} {}`,
    `delete table ip ${NFT_TABLE}`,
    `table ip ${NFT_TABLE} {`,
    ...chains.flatMap((chain) => chain.split("\n").map((line) => (line === "" ? "" : `  ${line}`))),
    "}",
    "",
  ].join("\n");
}

/** The input that takes the table away, whether it is there or not. */
export const REMOVE_TABLE = `table ip ${NFT_TABLE} {}\ndelete table ip ${NFT_TABLE}\n`;

/** Entry hosts by their MAC, which a packet comes with, and by their zone, which the connection table remembers. */
function entryMaps({ ingress }: RuleSet): readonly string[] {
  if (ingress === null || ingress.entries.length === 0) return [];
  const entries = ingress.entries.toSorted((a, b) => a.zone - b.zone);
  return [
    `map entry_zones {
  typeof ether saddr : ct zone
  elements = { ${entries.map(({ mac, zone }) => `${mac} : ${zone}`).join(", ")} }
}`,
    `map entry_hosts {
  typeof ct original zone : ip daddr
  elements = { ${entries.map(({ zone, address }) => `${zone} : ${address}`).join(", ")} }
}`,
  ];
}

/** Keeps forged packets out: loopback addresses from tasks or the overlay, addresses a task does not have, strange hosts. */
function guardChain({ ingress }: RuleSet): string {
  const overlay = ingress === null ? [] : [ingress.device];
  const hosts = (ingress?.entries ?? []).map(({ mac }) => mac).toSorted();
  const from = [...overlay.map((device) => `"${device}"`), TASKS.ingress, TASKS.egress];
  return chain("guard", "filter hook prerouting priority raw", [
    ...from.map((device) => `iifname ${device} ip daddr 127.0.0.0/8 drop`),
    ...[TASKS.ingress, TASKS.egress].map((device) => `iifname ${device} fib saddr . iif oif missing drop`),
    ...overlay.map((device) =>
      hosts.length === 0
        ? `iifname "${device}" drop`
        : `iifname "${device}" ether saddr != { ${hosts.join(", ")} } drop`,
    ),
  ]);
}

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
function returnChains({ ingress }: RuleSet): readonly string[] {
  if (ingress === null || ingress.entries.length === 0) return [];
  return [
    chain("entry", "filter hook prerouting priority raw", [
      `iifname "${ingress.device}" ct original zone set ether saddr map @entry_zones`,
    ]),
    chain("answer", "filter hook prerouting priority dstnat + 10", [
      `iifname ${TASKS.ingress} ct direction reply dup to ct original zone map @entry_hosts drop`,
    ]),
  ];
}

function portChains({ ports }: RuleSet): string {
  const open = ports.filter(({ backends }) => backends.length > 0);
  const perPort = open.map((port) => `chain ${chainName(port)} {\n  ${dnat(port)}\n}`);
  const elements = open.map((port) => `${port.protocol} . ${port.port} : goto ${chainName(port)}`);
  const dispatch =
    elements.length === 0 ? "" : `\n  meta l4proto . th dport vmap {\n    ${elements.join(",\n    ")}\n  }`;
  return [...perPort, `chain ports {${dispatch}\n}`].join("\n");
}

function chainName({ protocol, port }: PublishedPort): string {
  return `port_${protocol}_${port}`;
}

/** Each backend in turn. */
function dnat({ protocol, backends }: PublishedPort): string {
  const [only] = backends;
  const target = ({ address, port }: Backend, separator: string): string => `${address}${separator}${port}`;
  if (backends.length === 1 && only !== undefined) return `meta l4proto ${protocol} dnat to ${target(only, ":")}`;
  const elements = backends.map((backend, at) => `${at} : ${target(backend, " . ")}`);
  return `meta l4proto ${protocol} dnat to numgen inc mod ${backends.length} map { ${elements.join(", ")} }`;
}

function natChains({ ingress, egress }: RuleSet): string {
  const subnets = [...(ingress === null ? [] : [ingress.subnet]), egress.subnet].join(", ");
  // Clients on this host that a task could not answer through us: loopback, and other tasks.
  const inside = `ct status dnat ip saddr { 127.0.0.0/8, ${subnets} }`;
  return [
    // Only for packets to this host: what merely passes through is not ours.
    chain("prerouting", "nat hook prerouting priority dstnat", ["fib daddr type local jump ports"]),
    chain("output", "nat hook output priority -100", ["fib daddr type local jump ports"]),
    chain("postrouting", "nat hook postrouting priority srcnat", [
      ...(ingress === null ? [] : [`${inside} ip daddr ${ingress.subnet} snat to ${ingress.address}`]),
      `${inside} ip daddr ${egress.subnet} snat to ${egress.gateway}`,
      `ip saddr { ${subnets} } ip daddr != { ${subnets} } masquerade`,
    ]),
  ].join("\n");
}

function filterChains({ ingress, ports }: RuleSet): string {
  const closed = ports.filter(({ backends }) => backends.length === 0);
  const refusals = closed.map(({ protocol, port }) =>
    protocol === "tcp"
      ? `tcp dport ${port} ct state new reject with tcp reset`
      : `meta l4proto ${protocol} th dport ${port} ct state new reject`,
  );
  const overlay = ingress === null ? null : `"${ingress.device}"`;
  return [
    // A published port without a backend answers at once, so that clients need not wait for a timeout.
    chain("input", "filter hook input priority filter - 10", refusals),
    // Tasks are reached through published ports, not by whoever routes their addresses to us.
    chain("forward", "filter hook forward priority filter - 10", [
      "ct state established,related accept",
      "ct status dnat accept",
      overlay === null
        ? `oifname ${TASKS.ingress} iifname != ${TASKS.ingress} drop`
        : `oifname ${TASKS.ingress} iifname != ${TASKS.ingress} iifname != ${overlay} drop`,
      ...(overlay === null ? [] : [`oifname ${overlay} iifname != ${TASKS.ingress} drop`]),
      `oifname ${TASKS.egress} iifname != ${TASKS.egress} drop`,
    ]),
    // A task that calls itself through a published port must not be told a shorter way.
    chain("local_answers", "filter hook output priority filter", [
      `oifname ${TASKS.ingress} icmp type redirect drop`,
      `oifname ${TASKS.egress} icmp type redirect drop`,
    ]),
  ].join("\n");
}

function chain(name: string, hook: string, rules: readonly string[]): string {
  return [`chain ${name} {`, `  type ${hook}; policy accept;`, ...rules.map((rule) => `  ${rule}`), "}"].join("\n");
}
