import { EGRESS_LINK_PREFIX, INGRESS_LINK_PREFIX, NFT_TABLE } from "./names.ts";
import {
  INNER_SOURCE_MAC,
  INNER_VNI,
  type PacketSet,
  packetSets,
  renderElementChange,
  renderSet,
  underlayFamily,
} from "./packet-sets.ts";
import type { Backend, PublishedPort } from "./published-ports.ts";
import { remembered } from "./remembered.ts";
import type { RuleSet } from "./rule-set.ts";
import { DNS_PORT } from "./task-dns-rules.ts";

const TASKS = { ingress: `"${INGRESS_LINK_PREFIX}*"`, egress: `"${EGRESS_LINK_PREFIX}*"` } as const;
/**
 * Bit of a packet's mark that says: put into VXLAN by the kernel. Only root can set marks, so that no other program of
 * this host can write VXLAN packets by hand. A bit that neither Docker nor Kubernetes nor Cilium uses.
 */
const MADE_BY_VXLAN = "0x00100000";

/**
 * The input of `nft -f -` that replaces our tables in one transaction. Connections that are under way keep their
 * translation: it lives in the connection table, not here.
 */
export function renderNft(rules: RuleSet): string {
  return renderWith(rules, packetSets(rules));
}

/**
 * The input of `nft -f -` that turns the tables of `before` into those of `after` by changing elements of sets, and
 * where ports lead; "" = nothing to do, null = other rules differ.
 */
export function renderNftChange(before: RuleSet, after: RuleSet): string | null {
  const [old, wanted] = [partsOf(before), partsOf(after)];
  if (old.frame !== wanted.frame) return null;
  const chains = [...wanted.ways].filter(([name, rule]) => old.ways.get(name) !== rule);
  const ways = chains.map(([name, rule]) => {
    const chainOfPort = `ip ${NFT_TABLE} ${name}`;
    return `flush chain ${chainOfPort}\nadd rule ${chainOfPort} ${rule}\n`;
  });
  return `${renderElementChange(NFT_TABLE, old.sets, wanted.sets)}${ways.join("")}`;
}

/** What of the rules changes by itself, and all else. */
interface Parts {
  readonly sets: readonly PacketSet[];
  /** The rule of each port's chain. */
  readonly ways: ReadonlyMap<string, string>;
  /** The tables without these. */
  readonly frame: string;
}

/** Remembered: a set of rules is compared twice, with the one before and with the one after. */
const partsOf = remembered((rules: RuleSet): Parts => {
  const sets = packetSets(rules);
  // Which ports lead somewhere is in the frame, since their chains are; to whom is not.
  const open = rules.ports.filter(({ backends }) => backends.length > 0);
  const leadingNowhere = rules.ports.map((port) => withoutBackends(port));
  return {
    sets,
    ways: new Map(open.map((port) => [chainName(port), dnat(port)])),
    frame: renderWith({ ...rules, ports: leadingNowhere }, sets.map(emptied)),
  };
});

/** Stands for whoever a port leads to. */
const NOBODY: Backend = { address: "0.0.0.0", port: 0 };

const withoutBackends = remembered(
  (port: PublishedPort): PublishedPort => ({ ...port, backends: port.backends.length === 0 ? [] : [NOBODY] }),
);

/** The families whose table the rules have. */
export function tableFamilies(rules: RuleSet): readonly PacketSet["family"][] {
  return underlayOf(rules) === "ip6" ? ["ip", "ip6"] : ["ip"];
}

/** The family of the packets between hosts; null = there are no other hosts to speak of. */
function underlayOf({ ingress, overlays }: RuleSet): PacketSet["family"] | null {
  const network = ingress ?? overlays;
  return network === null ? null : underlayFamily(network);
}

/** The input that takes a table away, whether it is there or not. */
export function removeTable(family: PacketSet["family"]): string {
  return `table ${family} ${NFT_TABLE} {}\ndelete table ${family} ${NFT_TABLE}\n`;
}

function emptied(set: PacketSet): PacketSet {
  return { ...set, elements: [] };
}

function renderWith(rules: RuleSet, sets: readonly PacketSet[]): string {
  const own = [guardChain(rules), ...returnChains(rules), portChains(rules), natChains(rules), filterChains(rules)];
  const underlay = underlayChains(rules);
  return tableFamilies(rules)
    .map((family) => {
      const isUnderlay = underlayOf(rules) === family;
      const parts = [
        ...sets.filter((set) => set.family === family).map(renderSet),
        ...(isUnderlay ? underlay : []),
        ...(family === "ip" ? own : []),
      ];
      const lines = parts.flatMap((part) => part.split("\n").map((line) => (line === "" ? "" : `  ${line}`)));
      return `${removeTable(family)}${[`table ${family} ${NFT_TABLE} {`, ...lines, "}", ""].join("\n")}`;
    })
    .join("");
}

/**
 * Who may send VXLAN packets of our network. Its frames come with a MAC that follows from an address everybody can
 * guess; what cannot be guessed by a stranger is to receive what is sent to a host's own address.
 *
 * `vxlan_in`: the outer source is a host of the swarm, and the frame inside bears this host's MAC, so that everything
 * that is decided by the MAC later is decided by the host. In the input hook, where fragments have been put together.
 *
 * `vxlan_through`: nobody behind us sends such packets to a host of the swarm, where they would arrive under our
 * address: neither a task nor, say, a container of Docker's.
 *
 * `vxlan_out`: nor does a program of this host. Other networks that use the same port have other numbers.
 */
function underlayChains({ ingress, overlays }: RuleSet): readonly string[] {
  const networks = [
    ...(ingress === null
      ? []
      : [{ ...ingress, numbers: String(ingress.vni), set: "member", isForged: `meta mark & ${MADE_BY_VXLAN} == 0` }]),
    ...(overlays === null
      ? []
      : // A device that sends from another namespace loses the mark there; but its packets have no socket of ours.
        [{ ...overlays, numbers: "@overlays", set: "overlay_member", isForged: "meta skuid >= 0" }]),
  ].map((network) => ({
    family: underlayFamily(network),
    ours: `udp dport ${network.port} ${INNER_VNI} ${network.numbers}`,
    members: network.set === "member" ? "@members" : "@overlay_members",
    addresses: network.set === "member" ? "@member_addresses" : "@overlay_addresses",
    isForged: network.isForged,
  }));
  if (networks.length === 0) return [];
  return [
    chain("vxlan_in", "filter hook input priority raw", [
      ...networks.map(
        ({ ours, family, members }) => `${ours} ${family} saddr . ${INNER_SOURCE_MAC} != ${members} drop`,
      ),
    ]),
    chain("vxlan_through", "filter hook forward priority filter - 20", [
      ...networks.map(
        ({ ours, family, addresses }) => `${ours} ${family} daddr ${addresses} ${family} saddr != ${addresses} drop`,
      ),
    ]),
    chain("vxlan_out", "filter hook output priority raw", [
      ...networks.map(
        ({ ours, family, addresses, isForged }) => `${ours} ${family} daddr ${addresses} ${isForged} drop`,
      ),
    ]),
  ];
}

/**
 * Keeps forged packets out: loopback addresses, addresses and MACs a task does not have, frames of the overlay that
 * are not for this host, and addresses of the ingress network from a host that does not have them.
 */
function guardChain({ ingress }: RuleSet): string {
  const overlay = ingress === null ? [] : [`"${ingress.device}"`];
  const from = [...overlay, TASKS.ingress, TASKS.egress];
  return chain("guard", "filter hook prerouting priority raw", [
    ...from.flatMap((device) => [
      `iifname ${device} ip daddr 127.0.0.0/8 drop`,
      `iifname ${device} ip saddr 127.0.0.0/8 drop`,
    ]),
    ...[TASKS.ingress, TASKS.egress].map(
      (device) => `iifname ${device} iifname . ether saddr . ip saddr != @tasks drop`,
    ),
    ...overlay.map((device) => `iifname ${device} meta pkttype != host drop`),
    ...overlay.map((device) => `iifname ${device} ip saddr ${ingress?.subnet} ether saddr . ip saddr != @peers drop`),
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
  if (ingress === null) return [];
  return [
    // See `vxlan_out`.
    chain("vxlan_mark", "filter hook postrouting priority mangle", [
      `oifname "${ingress.device}" meta mark set meta mark | ${MADE_BY_VXLAN}`,
    ]),
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
  const everywhere = open.filter(({ hostIp }) => hostIp === "");
  const somewhere = open
    .filter(({ hostIp }) => hostIp !== "")
    .map(
      (port) =>
        `\n  ip daddr ${port.hostIp} meta l4proto ${port.protocol} th dport ${port.port} goto ${chainName(port)}`,
    );
  const elements = everywhere.map((port) => `${port.protocol} . ${port.port} : goto ${chainName(port)}`);
  const dispatch =
    elements.length === 0 ? "" : `\n  meta l4proto . th dport vmap {\n    ${elements.join(",\n    ")}\n  }`;
  const leave = open.filter(({ except }) => except.length > 0).map((port) => `\n  ${heldHere(port)} return`);
  return [...perPort, `chain ports {${leave.join("")}${somewhere.join("")}${dispatch}\n}`].join("\n");
}

/** Packets to a port at the addresses where programs of this host have it. */
function heldHere({ protocol, port, except }: PublishedPort): string {
  return `ip daddr { ${except.join(", ")} } meta l4proto ${protocol} th dport ${port}`;
}

function chainName({ protocol, port, hostIp }: PublishedPort): string {
  return ["port", protocol, port, ...hostIp.split(/[./]/).filter((part) => part !== "")].join("_");
}

/** Each backend in turn. */
const dnat = remembered(({ protocol, backends }: PublishedPort): string => {
  const [only] = backends;
  const target = ({ address, port }: Backend, separator: string): string => `${address}${separator}${port}`;
  if (backends.length === 1 && only !== undefined) return `meta l4proto ${protocol} dnat to ${target(only, ":")}`;
  const elements = backends.map((backend, at) => `${at} : ${target(backend, " . ")}`);
  return `meta l4proto ${protocol} dnat to numgen inc mod ${backends.length} map { ${elements.join(", ")} }`;
});

function natChains({ ingress, egress }: RuleSet): string {
  const subnets = [...(ingress === null ? [] : [ingress.subnet]), egress.subnet].join(", ");
  // Clients on this host that a task could not answer through us: loopback, and other tasks.
  const inside = `ct status dnat ip saddr { 127.0.0.0/8, ${subnets} }`;
  const hidden = "ip daddr . ip saddr @hidden_clients";
  return [
    // Only for packets to this host: what merely passes through is not ours.
    chain("prerouting", "nat hook prerouting priority dstnat", [toNames(egress), "fib daddr type local jump ports"]),
    chain("output", "nat hook output priority -100", [toNames(egress), "fib daddr type local jump ports"]),
    chain("postrouting", "nat hook postrouting priority srcnat", [
      ...(ingress === null ? [] : [`${inside} ip daddr ${ingress.subnet} snat to ${ingress.address}`]),
      `${inside} ip daddr ${egress.subnet} snat to ${egress.gateway}`,
      // On the task's host, wherever the connection came in: its answer goes on from here as any other's.
      ...(ingress === null ? [] : [`${hidden} ip daddr ${ingress.subnet} snat to ${ingress.address}`]),
      `${hidden} ip daddr ${egress.subnet} snat to ${egress.gateway}`,
      `ip saddr { ${subnets} } ip daddr != { ${subnets} } masquerade`,
    ]),
  ].join("\n");
}

/** Questions of tasks for names, which a published port 53 must not take. */
function toNames(egress: RuleSet["egress"]): string {
  return `${questions(egress)} accept`;
}

function questions({ gateway }: RuleSet["egress"]): string {
  return `ip daddr ${gateway} meta l4proto { tcp, udp } th dport ${DNS_PORT}`;
}

/** The host answers on every address it has, whatever device a packet comes from; names are for its own tasks. */
function strangersToNames(egress: RuleSet["egress"]): string {
  const stranger = ['"lo"', TASKS.ingress, TASKS.egress].map((device) => `iifname != ${device}`).join(" ");
  return `${stranger} ${questions(egress)} drop`;
}

function filterChains({ ingress, egress, ports }: RuleSet): string {
  const closed = ports.filter(({ backends }) => backends.length === 0);
  const refusals = closed.map(({ protocol, port, hostIp, except }) => {
    const refusal =
      protocol === "tcp"
        ? `tcp dport ${port} ct state new reject with tcp reset`
        : `meta l4proto ${protocol} th dport ${port} ct state new reject`;
    const kept = except.length === 0 ? "" : `ip daddr != { ${except.join(", ")} } `;
    return `${hostIp === "" ? "" : `ip daddr ${hostIp} `}${kept}${refusal}`;
  });
  const overlay = ingress === null ? null : `"${ingress.device}"`;
  return [
    chain("input", "filter hook input priority filter - 10", [
      // Another host only sends what belongs to connections of ours; this host is not to be reached by the overlay.
      ...(overlay === null ? [] : [`iifname ${overlay} ct state != { established, related } drop`]),
      strangersToNames(egress),
      toNames(egress),
      // A task without a way out begins nothing else.
      "iifname @closed ct direction original drop",
      // A published port without a backend answers at once, so that clients need not wait for a timeout.
      ...refusals,
    ]),
    // Tasks are reached through published ports: neither by whoever routes their addresses to us, nor by each other.
    chain("forward", "filter hook forward priority filter - 10", [
      "iifname @closed ct direction original drop",
      "ct state established,related accept",
      ...(overlay === null
        ? []
        : [
            // Translated on the entry host, so this one must know for itself what is published.
            `iifname ${overlay} oifname ${TASKS.ingress} ip daddr . meta l4proto . th dport @targets accept`,
            `iifname ${overlay} drop`,
          ]),
      "ct status dnat accept",
      `oifname ${TASKS.ingress} drop`,
      ...(overlay === null ? [] : [`oifname ${overlay} drop`]),
      `oifname ${TASKS.egress} drop`,
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
