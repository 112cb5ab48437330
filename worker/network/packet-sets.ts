import { differing } from "./differing.ts";
import { remembered } from "./remembered.ts";
import type { FamilyRules, IngressRules, RuleSet } from "./rule-set.ts";

/** A named set or map of our tables: what changes from minute to minute, while the rules that look into it stay. */
export interface PacketSet {
  readonly family: "ip" | "ip6";
  readonly kind: "set" | "map";
  readonly name: string;
  /** What nft derives the type of the elements from. */
  readonly typeOf: string;
  /** Elements may be blocks of addresses. */
  readonly hasBlocks: boolean;
  /** As nft takes them, each once. */
  readonly elements: readonly string[];
}

/** The address family of the packets that carry a network between hosts. */
export function underlayFamily(network: { readonly dataPathAddress: string }): PacketSet["family"] {
  return network.dataPathAddress.includes(":") ? "ip6" : "ip";
}

/** Every set of the rules, those of hosts and endpoints only while this host is on the ingress network. */
export function packetSets(rules: RuleSet): readonly PacketSet[] {
  const { ingress, overlays, ipv6 } = rules;
  return [
    ...taskSets("ip", rules, rules),
    ...(overlays === null ? [] : overlaySets(overlays)),
    ...(ingress === null ? [] : [...memberSets(ingress), ...meshSets("ip", ingress)]),
    ...(ipv6 === null ? [] : taskSets("ip6", ipv6, rules)),
    ...(ipv6 === null || ipv6.ingress === null ? [] : meshSets("ip6", ipv6.ingress)),
  ];
}

/** Of this host's tasks. */
function taskSets(
  family: PacketSet["family"],
  { tasks, hiddenClients }: FamilyRules,
  { closed, bridged }: Pick<RuleSet, "closed" | "bridged">,
): readonly PacketSet[] {
  return [
    set(family, "tasks", `iifname . ether saddr . ${family} saddr`, [
      ...tasks.map(({ link, mac, address }) => `"${link}" . ${mac} . ${address}`),
    ]),
    ...[["closed", closed] as const, ["bridged", bridged] as const].map(([name, links]) =>
      set(
        family,
        name,
        "iifname",
        links.map((link) => `"${link}"`),
      ),
    ),
    {
      ...set(family, "hidden_clients", `${family} daddr . ${family} saddr`, [
        ...hiddenClients.map(({ task, clients }) => `${task} . ${clients}`),
      ]),
      hasBlocks: true,
    },
  ];
}

/** Where the other hosts' packets come from, and the MAC they have inside them. */
function memberSets(ingress: NonNullable<RuleSet["ingress"]>): readonly PacketSet[] {
  const family = underlayFamily(ingress);
  const members = byZone(ingress.entries).filter(
    ({ dataPathAddress }) => dataPathAddress.includes(":") === (family === "ip6"),
  );
  return [
    set(family, "members", `${family} saddr . ${INNER_SOURCE_MAC}`, [
      ...members.map(({ dataPathAddress, mac }) => `${dataPathAddress} . 0x${mac.replaceAll(":", "")}`),
    ]),
    set(family, "member_addresses", `${family} saddr`, [
      ...new Set(members.map(({ dataPathAddress }) => dataPathAddress)),
    ]),
  ];
}

/** Of hosts and tasks on the ingress network. */
function meshSets(family: PacketSet["family"], ingress: IngressRules): readonly PacketSet[] {
  const entries = byZone(ingress.entries);
  return [
    // Which addresses of the ingress network are behind which host: its own and its tasks'.
    set(family, "peers", `ether saddr . ${family} saddr`, [
      ...entries.map((host) => peerElement(host)),
      ...ingress.remoteTasks.map((task) => peerElement(task)),
    ]),
    // What of this host's tasks is published on the mesh.
    set(family, "targets", `${family} daddr . meta l4proto . th dport`, [
      ...ingress.targets.map(({ address, protocol, port }) => `${address} . ${protocol} . ${port}`),
    ]),
    // Entry hosts by their MAC, which a packet comes with, and by their zone, which the connection table remembers.
    map(family, "entry_zones", "ether saddr : ct zone", [...entries.map(({ mac, zone }) => `${mac} : ${zone}`)]),
    map(family, "entry_hosts", `ct original zone : ${family} daddr`, [
      ...entries.map(({ zone, address }) => `${zone} : ${address}`),
    ]),
  ];
}

function byZone<Entry extends { readonly zone: number }>(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => a.zone - b.zone);
}

const peerElement = remembered(
  ({ mac, address }: { readonly mac: string; readonly address: string }) => `${mac} . ${address}`,
);

/** Of user networks: their numbers, where a host's packets come from, and the MAC it has inside them. */
function overlaySets(overlays: NonNullable<RuleSet["overlays"]>): readonly PacketSet[] {
  const family = underlayFamily(overlays);
  return [
    set(family, "overlays", INNER_VNI, overlays.vnis.map(String)),
    set(family, "overlay_members", `${family} saddr . ${INNER_SOURCE_MAC}`, [
      ...overlays.hosts.map(({ dataPathAddress, mac }) => `${dataPathAddress} . 0x${mac.replaceAll(":", "")}`),
    ]),
    set(family, "overlay_addresses", `${family} saddr`, [
      ...new Set(overlays.hosts.map(({ dataPathAddress }) => dataPathAddress)),
    ]),
  ];
}

/** Of a VXLAN packet, counted in bits from its UDP header: 8 bytes of UDP, 8 of VXLAN, 6 of the frame's destination. */
export const INNER_SOURCE_MAC = "@th,176,48";
/** The network's number: after 8 bytes of UDP and 4 of VXLAN. */
export const INNER_VNI = "@th,96,24";

export function renderSet({ kind, name, typeOf, hasBlocks, elements }: PacketSet): string {
  const flags = hasBlocks ? "\n  flags interval" : "";
  const inOrder = kind === "set" ? elements.toSorted() : elements;
  const list = elements.length === 0 ? "" : `\n  elements = { ${inOrder.join(", ")} }`;
  return `${kind} ${name} {\n  typeof ${typeOf}${flags}${list}\n}`;
}

/**
 * The commands that make the sets of `before` those of `after`; "" = they are equal. The sets themselves must exist.
 */
export function renderElementChange(table: string, before: readonly PacketSet[], after: readonly PacketSet[]): string {
  const key = ({ family, name }: PacketSet): string => `${family} ${table} ${name}`;
  const known = new Map(before.map((set) => [key(set), set.elements]));
  const lines = after.flatMap((set) => {
    const [old, wanted] = differing(known.get(key(set)) ?? [], set.elements).map((elements) => new Set(elements)) as [
      Set<string>,
      Set<string>,
    ];
    return [
      elementLine(
        "delete",
        key(set),
        [...old].filter((element) => !wanted.has(element)),
      ),
      elementLine(
        "add",
        key(set),
        [...wanted].filter((element) => !old.has(element)),
      ),
    ].flat();
  });
  return lines.join("");
}

function elementLine(verb: "add" | "delete", set: string, elements: readonly string[]): readonly string[] {
  return elements.length === 0 ? [] : [`${verb} element ${set} { ${elements.toSorted().join(", ")} }\n`];
}

function set(family: PacketSet["family"], name: string, typeOf: string, elements: readonly string[]): PacketSet {
  return { family, kind: "set", name, typeOf, hasBlocks: false, elements: [...new Set(elements)] };
}

function map(family: PacketSet["family"], name: string, typeOf: string, elements: readonly string[]): PacketSet {
  return { family, kind: "map", name, typeOf, hasBlocks: false, elements };
}
