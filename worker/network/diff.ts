import {
  type AddressEntry,
  type ForwardingEntry,
  type NeighbourEntry,
  type NetworkChange,
  type NewLink,
  type RouteEntry,
  routeText,
} from "../netlink/change.ts";
import type { ObservedLink, ObservedState } from "../netlink/state.ts";
import { type Attachment, type Gateways, taskLink } from "./attachment.ts";
import type { DesiredAddress, DesiredLink, DesiredRoute, DesiredState } from "./desired-state.ts";
import { differing } from "./differing.ts";
import { isOwnLink, isOwnRoute, isTaskLink, ROUTE_PROTOCOL } from "./names.ts";

/** What has to be done so that the kernel looks as desired; empty lists = nothing. */
export interface Plan {
  /** Tasks whose link is to be made or finished: first their namespaces, then, after `links`, their insides. */
  readonly tasks: readonly { readonly attachment: Attachment; readonly gateways: Gateways }[];
  /** Devices, which stay down: nothing passes until settings and packet rules are in force. */
  readonly links: readonly NetworkChange[];
  /** After those: devices up, and what stands on them. A task's that is up has a finished inside. */
  readonly rest: readonly NetworkChange[];
  /** Links of tasks that go: with their namespaces, or, where these are no more, by themselves. */
  readonly departing: readonly string[];
  /** Devices that will be there for the first time, or anew. */
  readonly remade: ReadonlySet<string>;
  /** What was found different, in words; what only follows from a missing device is left out. */
  readonly findings: readonly string[];
}

/** More of one kind are counted instead of listed. */
const FINDINGS_LISTED_MAX = 3;

/**
 * Compares what is with what should be. Pure; looks only at what is ours. `settled` = of ours, everything but the
 * devices is known to be as this says, so that the cost is that of the difference; null = that is not known.
 */
export function diffState(desired: DesiredState, observed: ObservedState, settled: DesiredState | null = null): Plan {
  const links = diffLinks(desired, observed);
  // A device that is made anew starts empty, and one that was down has lost its routes.
  const { remade } = links;
  const ours = (device: string): boolean => isOwnLink(device) && !remade.has(device) && !desired.untouched.has(device);
  const items = entries(desired, isUsable(settled, links) ? settled : null, observed, ours);
  const addresses = diffItems<DesiredAddress, AddressEntry>({
    ...items.addresses,
    keyOf: ({ device, cidr }) => `${cidr} on ${device}`,
    add: ({ device, cidr, scope }) => ({ kind: "addAddress", address: { device, cidr }, scope }),
    remove: (address) => ({ kind: "removeAddress", address }),
    noun: "address",
    isConsequence: ({ device }) => remade.has(device),
  });
  const routes = diffItems<RouteEntry, RouteEntry>({
    ...items.routes,
    keyOf: routeText,
    add: (route) => ({ kind: "addRoute", route, onlink: route.via !== null }),
    remove: (route) => ({ kind: "removeRoute", route }),
    noun: "route",
    isConsequence: (route) => remade.has(route.device),
  });
  const neighbours = diffItems<NeighbourEntry, NeighbourEntry>({
    ...items.neighbours,
    keyOf: ({ device, address, mac }) => `${address} lladdr ${mac} dev ${device}`,
    add: (neighbour) => ({ kind: "addNeighbour", neighbour }),
    remove: (neighbour) => ({ kind: "removeNeighbour", neighbour }),
    noun: "neighbour",
    isConsequence: ({ device }) => remade.has(device),
  });
  const forwarding = diffItems<ForwardingEntry, ForwardingEntry>({
    ...items.forwarding,
    keyOf: ({ device, mac, destination }) => `${mac} dev ${device} dst ${destination}`,
    add: (entry) => ({ kind: "addForwarding", forwarding: entry }),
    remove: (entry) => ({ kind: "removeForwarding", forwarding: entry }),
    noun: "forwarding entry",
    isConsequence: ({ device }) => remade.has(device),
  });
  const parts = [addresses, routes, neighbours, forwarding];
  return {
    tasks: links.tasks,
    links: links.changes,
    rest: [
      ...links.up.map((device) => ({ kind: "setUp", device }) as const),
      ...parts.flatMap(({ changes }) => changes),
    ],
    departing: links.departing,
    remade,
    findings: [links, ...parts].flatMap((part) => part.findings),
  };
}

/** What is known of a device says nothing of one that is made anew, or that was down. */
function isUsable(settled: DesiredState | null, { remade, up }: LinkDiff): boolean {
  return settled?.links.every(({ name }) => !remade.has(name) && !up.includes(name)) ?? false;
}

/** What is to be compared, on either side. */
function entries(
  desired: DesiredState,
  settled: DesiredState | null,
  observed: ObservedState,
  ours: (device: string) => boolean,
): {
  readonly addresses: Sides<DesiredAddress, AddressEntry>;
  readonly routes: Sides<RouteEntry, RouteEntry>;
  readonly neighbours: Sides<NeighbourEntry, NeighbourEntry>;
  readonly forwarding: Sides<ForwardingEntry, ForwardingEntry>;
} {
  if (settled !== null) {
    const isOurs = ({ device }: { readonly device: string }): boolean => device === "" || ours(device);
    const [wanted, found] = differing(desired.routes, settled.routes);
    return {
      addresses: sides(desired.addresses, settled.addresses, isOurs),
      routes: { wanted: wanted.map(routeEntry), found: found.map(routeEntry).filter(isOurs) },
      neighbours: sides(desired.neighbours, settled.neighbours, isOurs),
      forwarding: sides(desired.forwarding, settled.forwarding, isOurs),
    };
  }
  return {
    addresses: {
      wanted: desired.addresses,
      found: observed.addresses.filter(({ device }) => ours(device)),
    },
    routes: {
      wanted: desired.routes.map(routeEntry),
      found: observed.routes.filter((route) => isOwnRoute(route) && (route.device === "" || ours(route.device))),
    },
    neighbours: { wanted: desired.neighbours, found: observed.neighbours.filter(({ device }) => ours(device)) },
    forwarding: { wanted: desired.forwarding, found: observed.forwarding.filter(({ device }) => ours(device)) },
  };
}

function sides<Entry extends object>(
  desired: readonly Entry[],
  settled: readonly Entry[],
  isOurs: (entry: Entry) => boolean,
): Sides<Entry, Entry> {
  const [wanted, found] = differing(desired, settled);
  return { wanted, found: found.filter(isOurs) };
}

/** What takes away everything of ours; addresses and most routes go with their devices. */
export function removalChanges(observed: ObservedState): readonly NetworkChange[] {
  return [
    ...observed.links
      .filter(({ name }) => isOwnLink(name))
      .map(({ name }) => ({ kind: "removeLink", device: name }) as const),
    ...observed.routes
      .filter((route) => isOwnRoute(route) && !isOwnLink(route.device))
      .map((route) => ({ kind: "removeRoute", route }) as const),
  ];
}

interface LinkDiff {
  readonly changes: readonly NetworkChange[];
  readonly findings: readonly string[];
  /** Devices that will be empty afterwards. */
  readonly remade: ReadonlySet<string>;
  readonly departing: readonly string[];
  readonly tasks: Plan["tasks"];
  /** Devices that are to come up, once the rest is done. */
  readonly up: readonly string[];
}

function diffLinks(desired: DesiredState, observed: ObservedState): LinkDiff {
  const changes: NetworkChange[] = [];
  const findings: string[] = [];
  const remade = new Set<string>();
  const departing: string[] = [];
  const tasks: Plan["tasks"][number][] = [];
  const up: string[] = [];
  const found = new Map(observed.links.map((link) => [link.name, link]));
  const wanted = new Set(desired.links.map(({ name }) => name));

  for (const { name } of observed.links) {
    if (!isOwnLink(name) || wanted.has(name) || desired.untouched.has(name)) continue;
    findings.push(`device ${name} does not belong here`);
    if (isTaskLink(name)) {
      departing.push(name);
      continue;
    }
    changes.push({ kind: "removeLink", device: name });
    remade.add(name);
  }
  for (const link of desired.links) {
    const { name } = link;
    const present = found.get(name);
    if (present === undefined || !isSameDevice(link, present)) {
      if (present !== undefined) changes.push({ kind: "removeLink", device: name });
      findings.push(`device ${name} ${present === undefined ? "was missing" : "had other properties"}`);
      remade.add(name);
      changes.push({ kind: "addLink", link: newLink(link) });
      up.push(name);
      if (link.kind === "task") tasks.push({ attachment: link.attachment, gateways: link.gateways });
      continue;
    }
    // A task's end of its link keeps the size it was made with; a smaller one on this side would cut its packets off.
    if (link.kind !== "task" && present.mtu !== link.mtu) {
      changes.push({ kind: "setMtu", device: name, mtu: link.mtu });
      findings.push(`device ${name} had MTU ${present.mtu} instead of ${link.mtu}`);
    }
    if (!present.up) {
      if (link.kind === "task") tasks.push({ attachment: link.attachment, gateways: link.gateways });
      up.push(name);
      findings.push(`device ${name} was down`);
    }
  }
  return { changes, findings, remade, departing, tasks, up };
}

function isSameDevice(link: DesiredLink, present: ObservedLink): boolean {
  switch (link.kind) {
    case "holder":
      return present.kind === "bridge";
    case "vxlan":
      return (
        present.vxlan?.vni === link.vni &&
        present.vxlan.port === link.port &&
        present.vxlan.local === link.local &&
        present.mac === link.mac
      );
    case "task":
      return present.kind === "veth";
  }
}

function newLink(link: DesiredLink): NewLink {
  const { name, mtu } = link;
  switch (link.kind) {
    case "holder":
      // A bridge without ports: every kernel that runs containers has it, unlike the dummy device.
      return { kind: "bridge", name, mac: null, mtu, namespace: null };
    case "vxlan": {
      const { mac, vni, port, local } = link;
      return { kind: "vxlan", name, mac, mtu, namespace: null, vni, port, local };
    }
    case "task":
      return taskLink(link.attachment, link.gateways.ipv4, mtu);
  }
}

function routeEntry(route: DesiredRoute): RouteEntry {
  const { kind, destination } = route;
  const protocol = ROUTE_PROTOCOL;
  if (kind === "unreachable") return { kind, destination, device: "", via: null, source: null, protocol };
  const { device, via, source } = route;
  return { kind, destination, device, via, source, protocol };
}

interface Sides<Wanted extends Found, Found> {
  readonly wanted: readonly Wanted[];
  readonly found: readonly Found[];
}

interface Items<Wanted extends Found, Found> extends Sides<Wanted, Found> {
  /** Equal keys are equal items; shown in findings. */
  readonly keyOf: (item: Found) => string;
  readonly add: (item: Wanted) => NetworkChange;
  readonly remove: (item: Found) => NetworkChange;
  readonly noun: string;
  /** Missing only because something else was that is told already. */
  readonly isConsequence: (item: Wanted) => boolean;
}

/** Removals first: what is replaced may share the address of what it replaces. */
function diffItems<Wanted extends Found, Found>(
  items: Items<Wanted, Found>,
): {
  readonly changes: readonly NetworkChange[];
  readonly findings: readonly string[];
} {
  const wantedKeys = new Set(items.wanted.map((item) => items.keyOf(item)));
  const foundKeys = new Set(items.found.map((item) => items.keyOf(item)));
  const extra = items.found.filter((item) => !wantedKeys.has(items.keyOf(item)));
  const missing = items.wanted.filter((item) => !foundKeys.has(items.keyOf(item)));
  return {
    changes: [...extra.map(items.remove), ...missing.map(items.add)],
    findings: [
      ...sentences(
        extra.map((item) => items.keyOf(item)),
        items.noun,
        "does not belong here",
      ),
      ...sentences(
        missing.filter((item) => !items.isConsequence(item)).map((item) => items.keyOf(item)),
        items.noun,
        "was missing",
      ),
    ],
  };
}

function sentences(keys: readonly string[], noun: string, trouble: string): readonly string[] {
  if (keys.length > FINDINGS_LISTED_MAX) return [`${keys.length} times: ${noun} ${trouble} (${keys[0]} and others)`];
  return keys.map((key) => `${noun} ${key} ${trouble}`);
}
