import { chain, chainName, dnat, MADE_BY_VXLAN, meshChains } from "./mesh-chains.ts";
import { NFT_TABLE } from "./names.ts";
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
  const ways = chains.map(([chainOfPort, rule]) => {
    return `flush chain ${chainOfPort}\nadd rule ${chainOfPort} ${rule}\n`;
  });
  return `${renderElementChange(NFT_TABLE, old.sets, wanted.sets)}${ways.join("")}`;
}

/** What of the rules changes by itself, and all else. */
interface Parts {
  readonly sets: readonly PacketSet[];
  /** The rule of each port's chain, by `FAMILY TABLE CHAIN`. */
  readonly ways: ReadonlyMap<string, string>;
  /** The tables without these. */
  readonly frame: string;
}

/** Remembered: a set of rules is compared twice, with the one before and with the one after. */
const partsOf = remembered((rules: RuleSet): Parts => {
  const sets = packetSets(rules);
  // Which ports lead somewhere is in the frame, since their chains are; to whom is not.
  const { ports, ipv6 } = rules;
  const framed = {
    ...rules,
    ports: ports.map((port) => withoutBackends(port)),
    ipv6: ipv6 === null ? null : { ...ipv6, ports: ipv6.ports.map((port) => withoutBackends(port)) },
  };
  return {
    sets,
    ways: new Map([...waysOf("ip", ports), ...waysOf("ip6", ipv6?.ports ?? [])]),
    frame: renderWith(framed, sets.map(emptied)),
  };
});

function waysOf(family: PacketSet["family"], ports: readonly PublishedPort[]): readonly (readonly [string, string])[] {
  const open = ports.filter(({ backends }) => backends.length > 0);
  return open.map((port) => [`${family} ${NFT_TABLE} ${chainName(port)}`, dnat(port)]);
}

/** Stands for whoever a port leads to; of either family, since this is never loaded. */
const NOBODY: Backend = { address: "0.0.0.0", port: 0 };

const withoutBackends = remembered(
  (port: PublishedPort): PublishedPort => ({ ...port, backends: port.backends.length === 0 ? [] : [NOBODY] }),
);

/** The families whose table the rules have. */
export function tableFamilies(rules: RuleSet): readonly PacketSet["family"][] {
  return underlayOf(rules) === "ip6" || rules.ipv6 !== null ? ["ip", "ip6"] : ["ip"];
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
  const device = rules.ingress?.device ?? null;
  const own = {
    ip: meshChains({ family: "ip", rules, device }),
    ip6: rules.ipv6 === null ? [] : meshChains({ family: "ip6", rules: rules.ipv6, device }),
  };
  const underlay = underlayChains(rules);
  return tableFamilies(rules)
    .map((family) => {
      const isUnderlay = underlayOf(rules) === family;
      const parts = [
        ...sets.filter((set) => set.family === family).map(renderSet),
        ...(isUnderlay ? underlay : []),
        ...own[family],
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
 *
 * Packets between hosts of the swarm are not tracked: the kernel would look up and keep a connection of UDP for each
 * flow inside and each direction, and none of them is anybody's answer.
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
    untracked: `udp dport ${network.port} ${underlayFamily(network)}`,
  }));
  if (networks.length === 0) return [];
  return [
    chain("vxlan_untracked", "filter hook prerouting priority raw", [
      ...networks.map(({ untracked, addresses }) => `${untracked} saddr ${addresses} notrack accept`),
    ]),
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
      ...networks.map(({ untracked, addresses }) => `${untracked} daddr ${addresses} notrack accept`),
    ]),
  ];
}
