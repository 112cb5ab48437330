import type { AddressEntry, ForwardingEntry, NeighbourEntry, RouteEntry } from "./change.ts";

export interface ObservedLink {
  readonly name: string;
  /** As the kernel calls it: vxlan, bridge, veth; "" for hardware. */
  readonly kind: string;
  readonly up: boolean;
  readonly mtu: number;
  readonly mac: string;
  /** Of VXLAN devices; null for others. */
  readonly vxlan: { readonly vni: number; readonly port: number; readonly local: string | null } | null;
}

/** A namespace's state as seen at one moment; what belongs to others too, since ours must not clash with it. */
export interface ObservedState {
  readonly links: readonly ObservedLink[];
  readonly addresses: readonly AddressEntry[];
  /** Of the main table. */
  readonly routes: readonly RouteEntry[];
  /** Only permanent ones. */
  readonly neighbours: readonly NeighbourEntry[];
  /** Only those that lead to an address. */
  readonly forwarding: readonly ForwardingEntry[];
  /**
   * Settings below /proc/sys/ whose changes the kernel tells: forwarding and rp_filter of IPv4, and forwarding of IPv6
   * once it has changed.
   */
  readonly settings: ReadonlyMap<string, string>;
}

/** What one message of the kernel says is there (or, `removed`, is no more); devices are numbers there. */
export type News = { readonly removed: boolean; readonly index: number } & (
  | { readonly kind: "link"; readonly link: ObservedLink }
  | { readonly kind: "address"; readonly cidr: string }
  | {
      readonly kind: "route";
      readonly route: Omit<RouteEntry, "device">;
      /** Routes of one place stand for each other: the kernel takes the first. */
      readonly place: string;
      /** It took the place of another. */
      readonly replaces: boolean;
    }
  /** `mac` null = known, but not permanent. */
  | { readonly kind: "neighbour"; readonly address: string; readonly mac: string | null }
  | { readonly kind: "forwarding"; readonly mac: string; readonly destination: string }
  /** Index -1 = all devices, -2 = devices to come. */
  | { readonly kind: "settings"; readonly values: Readonly<Partial<Record<Setting, string>>> }
);
export type Setting = "forwarding" | "rp_filter" | "forwarding6";
export type Part = "links" | "addresses" | "routes" | "neighbours" | "forwarding" | "settings";

interface PlacedRoute {
  readonly index: number;
  readonly route: Omit<RouteEntry, "device">;
}

/**
 * A namespace's state, kept up to date by what the kernel says. It says everything but this: that routes go with a
 * device that goes down and with an address, so after such news they must be read anew (`stale`). And it says late that
 * there is an address of IPv6: whoever adds one calls `suspect`.
 */
export class ObservedNetwork {
  readonly #links = new Map<number, ObservedLink>();
  readonly #indices = new Map<string, number>();
  readonly #addresses = new Map<string, AddressEntry & { readonly index: number }>();
  readonly #routes = new Map<string, readonly PlacedRoute[]>();
  readonly #neighbours = new Map<string, NeighbourEntry & { readonly index: number }>();
  readonly #forwarding = new Map<string, ForwardingEntry & { readonly index: number }>();
  readonly #settings = new Map<string, string>();
  #snapshot: Partial<Record<Part, unknown>> = {};
  readonly #stale = new Set<Part>();

  /** What must be read anew before `state` is true. */
  get stale(): readonly Part[] {
    return [...this.#stale];
  }

  suspect(part: Part): void {
    this.#stale.add(part);
  }

  indexOf(device: string): number | undefined {
    return this.#indices.get(device);
  }

  state(): ObservedState {
    const nameOf = (index: number): string => this.#links.get(index)?.name ?? "";
    return {
      links: this.#remembered("links", () => [...this.#links.values()]),
      addresses: this.#remembered("addresses", () => [...this.#addresses.values()].map(named(nameOf))),
      routes: this.#remembered("routes", () =>
        [...this.#routes.values()].flat().map(({ index, route }) => ({ ...route, device: nameOf(index) })),
      ),
      neighbours: this.#remembered("neighbours", () => [...this.#neighbours.values()].map(named(nameOf))),
      forwarding: this.#remembered("forwarding", () => [...this.#forwarding.values()].map(named(nameOf))),
      settings: this.#remembered("settings", () => this.#namedSettings(nameOf)),
    };
  }

  /** Forgets a part, which is then told anew. */
  clear(part: Part): void {
    const maps = {
      ...{ links: this.#links, addresses: this.#addresses, routes: this.#routes },
      ...{ neighbours: this.#neighbours, forwarding: this.#forwarding, settings: this.#settings },
    };
    maps[part].clear();
    delete this.#snapshot[part];
    this.#stale.delete(part);
    if (part !== "links") return;
    this.#indices.clear();
    // Devices have other names perhaps.
    this.#snapshot = {};
  }

  /** Takes note; returns whether anything is different now. */
  take(news: News): boolean {
    switch (news.kind) {
      case "link":
        return this.#takeLink(news);
      case "address": {
        const isChanged = this.#set("addresses", this.#addresses, `${news.index} ${news.cidr}`, news, {
          ...{ device: "", cidr: news.cidr, index: news.index },
        });
        if (isChanged && news.removed) this.#stale.add("routes");
        return isChanged;
      }
      case "route":
        return this.#takeRoute(news);
      case "neighbour": {
        const { index, address, mac, removed } = news;
        return this.#set(
          "neighbours",
          this.#neighbours,
          `${index} ${address}`,
          { removed: removed || mac === null },
          {
            ...{ device: "", address, mac: mac ?? "", index },
          },
        );
      }
      case "forwarding": {
        const { index, mac, destination } = news;
        return this.#set("forwarding", this.#forwarding, `${index} ${mac} ${destination}`, news, {
          ...{ device: "", mac, destination, index },
        });
      }
      case "settings":
        return this.#takeSettings(news);
    }
  }

  #takeLink({ index, link, removed }: Extract<News, { kind: "link" }>): boolean {
    const before = this.#links.get(index);
    if (removed ? before === undefined : before !== undefined && isSameLink(before, link)) return false;
    if (before !== undefined && this.#indices.get(before.name) === index) this.#indices.delete(before.name);
    if (removed) {
      this.#links.delete(index);
      this.#dropAllOn(index);
    } else {
      this.#links.set(index, link);
      this.#indices.set(link.name, index);
      if (before?.up === true && !link.up) this.#stale.add("routes");
    }
    if (before?.name === link.name && !removed) delete this.#snapshot.links;
    else this.#snapshot = {};
    return true;
  }

  /** The kernel removes what stands on a device that goes, and does not say so of everything. */
  #dropAllOn(index: number): void {
    for (const map of [this.#addresses, this.#neighbours, this.#forwarding])
      for (const [key, entry] of map) if (entry.index === index) map.delete(key);
    for (const [place, routes] of this.#routes) {
      const left = routes.filter((route) => route.index !== index);
      if (left.length === 0) this.#routes.delete(place);
      else if (left.length < routes.length) this.#routes.set(place, left);
    }
    for (const key of this.#settings.keys()) if (key.startsWith(`${index} `)) this.#settings.delete(key);
  }

  #takeRoute({ index, route, place, removed, replaces }: Extract<News, { kind: "route" }>): boolean {
    const there = this.#routes.get(place) ?? [];
    const others = there.filter((other) => other.index !== index || !isSameEntry(other.route, route));
    const isKnown = others.length < there.length;
    // Of several that stand for each other, the message does not say whose place it took.
    if (replaces && there.length > 1) this.#stale.add("routes");
    else if (isKnown !== removed) return false;
    delete this.#snapshot.routes;
    const after = removed ? others : [...(replaces ? [] : others), { index, route }];
    if (after.length === 0) this.#routes.delete(place);
    else this.#routes.set(place, after);
    return true;
  }

  #takeSettings({ index, values, removed }: Extract<News, { kind: "settings" }>): boolean {
    let isChanged = false;
    for (const [name, value] of Object.entries(values)) {
      const key = `${index} ${name}`;
      if (removed ? !this.#settings.delete(key) : this.#settings.get(key) === value) continue;
      if (!removed) this.#settings.set(key, value);
      isChanged = true;
    }
    if (isChanged) delete this.#snapshot.settings;
    return isChanged;
  }

  #namedSettings(nameOf: (index: number) => string): ReadonlyMap<string, string> {
    const paths = new Map<string, string>();
    for (const [key, value] of this.#settings) {
      const [indexText = "", name = ""] = key.split(" ");
      const index = Number(indexText);
      const device = index === ALL_DEVICES ? "all" : index === DEVICES_TO_COME ? "default" : nameOf(index);
      const path = name === "forwarding6" ? `net/ipv6/conf/${device}/forwarding` : `net/ipv4/conf/${device}/${name}`;
      if (device !== "") paths.set(path, value);
      if (index === ALL_DEVICES && name === "forwarding") paths.set("net/ipv4/ip_forward", value);
    }
    return paths;
  }

  #set<Entry extends object>(
    part: Part,
    map: Map<string, Entry>,
    key: string,
    { removed }: { readonly removed: boolean },
    entry: Entry,
  ): boolean {
    const before = map.get(key);
    if (removed ? before === undefined : before !== undefined && isSameEntry(before, entry)) return false;
    if (removed) map.delete(key);
    else map.set(key, entry);
    delete this.#snapshot[part];
    return true;
  }

  #remembered<Value>(part: Part, build: () => Value): Value {
    if (!(part in this.#snapshot)) this.#snapshot[part] = build();
    return this.#snapshot[part] as Value;
  }
}

const ALL_DEVICES = -1;
const DEVICES_TO_COME = -2;

function named<Entry extends { readonly index: number }>(
  nameOf: (index: number) => string,
): (entry: Entry) => Omit<Entry, "index"> & { readonly device: string } {
  return ({ index, ...entry }) => ({ ...entry, device: nameOf(index) });
}

function isSameEntry(left: object, right: object): boolean {
  const entries = Object.entries(left);
  return entries.every(([key, value]) => (right as Readonly<Record<string, unknown>>)[key] === value);
}

function isSameLink(left: ObservedLink, right: ObservedLink): boolean {
  const { vxlan: leftVxlan, ...leftRest } = left;
  const { vxlan: rightVxlan, ...rightRest } = right;
  return (
    isSameEntry(leftRest, rightRest) &&
    (leftVxlan === null || rightVxlan === null ? leftVxlan === rightVxlan : isSameEntry(leftVxlan, rightVxlan))
  );
}
