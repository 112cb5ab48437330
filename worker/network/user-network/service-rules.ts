import { createHash } from "node:crypto";
import type { NamedSet, RuleChain } from "../rule-table.ts";
import { type EndpointView, FAMILIES, type Family, type ServiceView } from "./network-view.ts";
import { placeBackends } from "./turns.ts";

/**
 * So many services have a chain of their own, in which a counter deals connections to each backend in turn. The kernel
 * takes chains in with a cost that grows with their square (2,000 of them take more than a second, 250 take 40 ms), so
 * beyond it services of one size share a chain, which deals at random.
 */
export const OWN_TURNS_MAX = 256;
/** Clients of a service whose backend is remembered. Those beyond it are dealt out anew for each connection. */
const STICKY_CLIENTS_MAX = 65_535;
/** Marks below it are places, from 0; above it, a backend's own number, which outlives changes of its place. */
const TICKET_MIN = 0x0100_0000;

/** As nft calls them. */
const NFT = { ipv4: { word: "ip", suffix: "4" }, ipv6: { word: "ip6", suffix: "6" } } as const;

/** Backends of each service by place, by service and family; remembered from one rule set to the next. */
export type Turns = ReadonlyMap<string, readonly string[]>;

export interface ServiceRules {
  readonly sets: readonly NamedSet[];
  readonly chains: readonly RuleChain[];
  readonly turns: Turns;
}

interface Dealing {
  readonly family: Family;
  readonly service: ServiceView;
  readonly virtual: string;
  readonly backends: readonly string[];
}

/**
 * Maps and chains that lead each virtual address to the backends that may get connections. A change of one backend is a
 * change of an element or two, and of one short chain when their number changes.
 */
export function serviceRules(
  services: readonly ServiceView[],
  backends: readonly EndpointView[],
  before: Turns,
): ServiceRules {
  const ready = new Map<string, EndpointView[]>();
  for (const endpoint of backends) {
    const list = ready.get(endpoint.serviceId);
    if (list === undefined) ready.set(endpoint.serviceId, [endpoint]);
    else list.push(endpoint);
  }
  const dealings = FAMILIES.flatMap((family) => dealingsOf(family, services, ready, before));
  const isOwn = dealings.length <= OWN_TURNS_MAX;
  const chains = new Map(dealings.map((dealing) => chainOf(dealing, isOwn)).map((chain) => [chain.name, chain]));
  return {
    sets: FAMILIES.flatMap((family) => {
      const own = dealings.filter((dealing) => dealing.family === family);
      return setsOf(family, own, isOwn);
    }),
    chains: [...chains.values()],
    turns: new Map(dealings.map(({ family, service, backends }) => [turnKey(service, family), backends])),
  };
}

/** Rules for the hook that sees packets first. */
export function dispatchRules(): readonly string[] {
  return FAMILIES.map((family) => `${NFT[family].word} daddr vmap @services${NFT[family].suffix}`);
}

function dealingsOf(
  family: Family,
  services: readonly ServiceView[],
  ready: ReadonlyMap<string, readonly EndpointView[]>,
  before: Turns,
): readonly Dealing[] {
  const taken = new Set<string>();
  return services.flatMap((service) => {
    const virtual = service.virtual[family];
    // One address of two services would make the kernel refuse the rules of all.
    if (virtual === null || taken.has(virtual)) return [];
    const now = (ready.get(service.serviceId) ?? []).flatMap(({ addresses }) => addresses[family] ?? []);
    const backends = placeBackends(before.get(turnKey(service, family)) ?? [], now);
    // Without an element the packet goes on to where it is refused.
    if (backends.length === 0) return [];
    taken.add(virtual);
    return [{ family, service, virtual, backends }];
  });
}

function turnKey({ serviceId }: ServiceView, family: Family): string {
  return `${serviceId} ${family}`;
}

function setsOf(family: Family, dealings: readonly Dealing[], isOwn: boolean): readonly NamedSet[] {
  const { word, suffix } = NFT[family];
  const map = (name: string, typeOf: string, elements: readonly string[]): NamedSet => ({
    kind: "map",
    name: `${name}${suffix}`,
    typeOf,
    dynamic: null,
    elements,
  });
  const key = `${word} daddr . meta mark`;
  return [
    // Which backend is whose turn; of a sticky service also which one has which ticket.
    map("backends", `${key} : ${word} daddr`, dealings.flatMap(backendElements)),
    map("tickets", `${key} : meta mark`, dealings.flatMap(ticketElements)),
    ...dealings
      .filter(({ service }) => service.stickySeconds > 0)
      .map(({ service }): NamedSet => {
        const dynamic = { size: STICKY_CLIENTS_MAX, timeoutSeconds: service.stickySeconds };
        return {
          kind: "map",
          name: stickyName(family, service),
          typeOf: `${word} saddr : meta mark`,
          dynamic,
          elements: [],
        };
      }),
    map(
      "services",
      `${word} daddr : verdict`,
      dealings.map((dealing) => `${dealing.virtual} : goto ${chainOf(dealing, isOwn).name}`),
    ),
  ];
}

// Made again only for services whose backends changed.
const elements = new WeakMap<readonly string[], { readonly virtual: string; readonly isSticky: boolean } & Elements>();
interface Elements {
  readonly backends: readonly string[];
  readonly tickets: readonly string[];
}

function backendElements(dealing: Dealing): readonly string[] {
  return elementsOf(dealing).backends;
}

function ticketElements(dealing: Dealing): readonly string[] {
  return elementsOf(dealing).tickets;
}

function elementsOf({ virtual, backends, service }: Dealing): Elements {
  const isSticky = service.stickySeconds > 0;
  const known = elements.get(backends);
  if (known?.virtual === virtual && known.isSticky === isSticky) return known;
  const byPlace = (numbers: Iterable<number>): readonly string[] =>
    [...numbers].map((number, at) => `${virtual} . ${number} : ${backends[at]}`);
  const tickets = isSticky ? ticketsOf(backends) : [];
  const made = {
    ...{ virtual, isSticky },
    backends: isSticky ? byPlace(tickets) : byPlace(backends.keys()),
    tickets: tickets.map((ticket, place) => `${virtual} . ${place} : ${ticket}`),
  };
  elements.set(backends, made);
  return made;
}

/** A number for each that follows from its address and so stays its own. */
function ticketsOf(backends: readonly string[]): readonly number[] {
  const taken = new Set<number>();
  return backends.map((backend) => {
    let ticket = Math.max(TICKET_MIN, createHash("sha256").update(backend).digest().readUInt32BE());
    // Two in a service that share one: the second is remembered by another for as long as both are there.
    while (taken.has(ticket)) ticket = ticket === 0xff_ff_ff_ff ? TICKET_MIN : ticket + 1;
    taken.add(ticket);
    return ticket;
  });
}

function chainOf({ family, service, backends }: Dealing, isOwn: boolean): RuleChain {
  const { suffix } = NFT[family];
  const count = backends.length;
  // Clients are remembered for each service apart, so a sticky one has its own chain in any case.
  return isOwn || service.stickySeconds > 0
    ? {
        name: `turn${suffix}_${service.serviceId}`,
        hook: "",
        rules: dealRules(family, `numgen inc mod ${count}`, service),
      }
    : { name: `any${suffix}_${count}`, hook: "", rules: dealRules(family, `numgen random mod ${count}`, service) };
}

/** Of clients to the tickets of their backends. Its timeout is part of the name: the kernel does not change it. */
function stickyName(family: Family, { serviceId, stickySeconds }: ServiceView): string {
  return `sticky${NFT[family].suffix}_${serviceId}_${stickySeconds}`;
}

/** The mark says who is meant; it goes no further than this namespace. Nothing has set one before. */
function dealRules(family: Family, choice: string, service: ServiceView): readonly string[] {
  const { word, suffix } = NFT[family];
  const lead = `dnat ${word} to ${word} daddr . meta mark map @backends${suffix}`;
  if (service.stickySeconds === 0) return [`meta mark set ${choice}`, lead];
  const clients = `@${stickyName(family, service)}`;
  const entry = `{ ${word} saddr : meta mark }`;
  return [
    `meta mark set ${word} saddr map ${clients}`,
    // Ends here if the backend is still there.
    `meta mark != 0 update ${clients} ${entry} ${lead}`,
    `meta mark set ${choice}`,
    `meta mark set ${word} daddr . meta mark map @tickets${suffix}`,
    // What is remembered is not overwritten by the kernel.
    `delete ${clients} ${entry}`,
    `add ${clients} ${entry}`,
    lead,
  ];
}
