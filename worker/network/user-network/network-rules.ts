import { NFT_TABLE, USER_LINK_PREFIX, vxlanName } from "../names.ts";
import type { NamedSet, RuleChain, RuleTable } from "../rule-table.ts";
import { type LocalTask, taskAddress, taskMac } from "./local-task.ts";
import { type EndpointView, FAMILIES, type Family, familyOf, type HostView, type NetworkView } from "./network-view.ts";
import { dispatchRules, serviceRules, type Turns } from "./service-rules.ts";

/** As nft calls them. */
const NFT = { ipv4: { word: "ip", suffix: "4" }, ipv6: { word: "ip6", suffix: "6" } } as const;
const TASKS = `"${USER_LINK_PREFIX}*"`;

export interface NetworkRules {
  readonly table: RuleTable;
  /** For the rule set that comes after this one. */
  readonly turns: Turns;
}

/**
 * The packet rules of a network's namespace: who may send what, where virtual addresses lead, and that nobody is
 * reached but the network's tasks. `before` = the turns of the rules that are loaded now.
 */
export function networkRules(view: NetworkView, tasks: readonly LocalTask[], before: Turns): NetworkRules {
  const here = new Set<string>(tasks.map(({ taskId }) => taskId));
  const backends = view.endpoints.filter(({ isReady, host, taskId }) => isReady && (host !== null || here.has(taskId)));
  const services = serviceRules(view.services, backends, before);
  return {
    table: {
      family: "inet",
      name: NFT_TABLE,
      sets: [...FAMILIES.flatMap((family) => memberSets(family, view, tasks)), ...services.sets],
      chains: [...services.chains, ...baseChains(view.vni === null ? null : vxlanName(view.vni))],
    },
    turns: services.turns,
  };
}

/** Who is on the network, and where. */
function memberSets(family: Family, view: NetworkView, tasks: readonly LocalTask[]): readonly NamedSet[] {
  const { word, suffix } = NFT[family];
  const set = (
    name: string,
    typeOf: string,
    elements: readonly string[],
    kind: NamedSet["kind"] = "set",
  ): NamedSet => ({
    ...{ kind, name: `${name}${suffix}`, typeOf, dynamic: null },
    elements: [...new Set(elements)],
  });
  const local = tasks.flatMap((task) => {
    const address = taskAddress(task, family);
    return address === null ? [] : [{ link: task.link, mac: taskMac(task), address }];
  });
  const remote = view.endpoints.flatMap((endpoint) => remoteElements(endpoint, family) ?? []);
  const gateways = view.blocks.filter((block) => block.family === family).map(({ gateway }) => gateway);
  const [gateway] = gateways;
  return [
    // What this host's tasks send with.
    set("tasks", `iifname . ether saddr . ${word} saddr`, [
      ...local.map(({ link, mac, address }) => `"${link}" . ${mac} . ${address}`),
    ]),
    // Which addresses are behind which other host: its tasks', and the gateway's, under which it refuses.
    set("peers", `ether saddr . ${word} saddr`, [
      ...view.others.flatMap(({ mac }) => gateways.map((address) => `${mac} . ${address}`)),
      ...remote.map(({ peer }) => peer),
    ]),
    // Who can be reached at all.
    set("reach", `${word} daddr`, [...local.map(({ address }) => address), ...remote.map(({ address }) => address)]),
    // The way back to a task that called itself, and under which address it is called then.
    set(
      "self",
      `oifname . ${word} saddr : ${word} daddr`,
      gateway === undefined ? [] : local.map(({ link, address }) => `"${link}" . ${address} : ${gateway}`),
      "map",
    ),
  ];
}

interface RemoteElements {
  readonly peer: string;
  readonly address: string;
}

// An endpoint says the same for as long as it is the same object.
const remotes = new WeakMap<EndpointView, Partial<Record<Family, RemoteElements>>>();

function remoteElements(endpoint: EndpointView, family: Family): RemoteElements | null {
  const { host } = endpoint;
  if (host === null) return null;
  const known = remotes.get(endpoint) ?? elementsOn(endpoint, host);
  remotes.set(endpoint, known);
  return known[family] ?? null;
}

function elementsOn({ addresses }: EndpointView, { mac }: HostView): Partial<Record<Family, RemoteElements>> {
  const all = FAMILIES.flatMap((family) => addresses[family] ?? []);
  return Object.fromEntries(all.map((address) => [familyOf(address), { peer: `${mac} . ${address}`, address }]));
}

/** `device` null = nothing comes from other hosts. */
type Device = string | null;

function fromOthers(device: Device, rule: string): readonly string[] {
  return device === null ? [] : [`iifname "${device}" ${rule}`];
}

/**
 * Who may send what. Every packet passes these, so the few rules that nearly all of them need come first; to read a
 * device's name costs as much as several other comparisons.
 */
function guardChains(device: Device): readonly RuleChain[] {
  const others: RuleChain = {
    name: "guard_others",
    hook: "",
    rules: [
      "meta pkttype != host drop",
      "meta nfproto ipv4 ether saddr . ip saddr @peers4 accept",
      "meta nfproto ipv6 ether saddr . ip6 saddr @peers6 accept",
      "drop",
    ],
  };
  return [
    {
      name: "guard_tasks",
      hook: "",
      rules: [
        // Neighbours are told. The kernel would take note of who asks, in a table that all of a host shares.
        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert, nd-redirect } drop",
        "meta nfproto ipv6 iifname . ether saddr . ip6 saddr @tasks6 accept",
        "drop",
      ],
    },
    ...(device === null ? [] : [others]),
    {
      name: "guard",
      hook: "filter hook prerouting priority raw",
      rules: [
        ...fromOthers(device, "goto guard_others"),
        "meta nfproto ipv4 iifname . ether saddr . ip saddr @tasks4 accept",
        `iifname ${TASKS} goto guard_tasks`,
      ],
    },
  ];
}

function baseChains(device: Device): readonly RuleChain[] {
  return [
    ...guardChains(device),
    {
      // Virtual addresses are translated where the client is, so nothing of another host's is.
      name: "virtual",
      hook: "nat hook prerouting priority dstnat",
      rules: [...fromOthers(device, "accept"), ...dispatchRules()],
    },
    {
      // A task that reached itself would see its own address come in from outside, and drop it.
      name: "itself",
      hook: "nat hook postrouting priority srcnat",
      rules: FAMILIES.map((family) => {
        const { word, suffix } = NFT[family];
        return `ct status dnat snat ${word} to oifname . ${word} saddr map @self${suffix}`;
      }),
    },
    {
      // Whoever is not there is refused at once, also in the middle of a connection: who called a task that has gone
      // need not find out by waiting. Nor does the kernel then ask for neighbours that nobody has.
      name: "forward",
      hook: "filter hook forward priority filter",
      rules: [
        // Tables of two hosts that do not agree yet must not make packets go round.
        ...fromOthers(device, `oifname "${device}" drop`),
        "ip daddr @reach4 accept",
        "ip6 daddr @reach6 accept",
        "meta l4proto tcp reject with tcp reset",
        "reject",
      ],
    },
    {
      // The gateway answers to ping and is nobody otherwise.
      name: "input",
      hook: "filter hook input priority filter",
      rules: ["icmp type echo-request accept", "icmpv6 type echo-request accept", "drop"],
    },
    {
      // A task that calls itself must not be told a shorter way.
      name: "output",
      hook: "filter hook output priority filter",
      rules: ["icmp type redirect drop", "icmpv6 type nd-redirect drop"],
    },
  ];
}
