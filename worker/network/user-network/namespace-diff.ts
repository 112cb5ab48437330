import {
  type AddressEntry,
  type ForwardingEntry,
  type NeighbourEntry,
  type NetworkChange,
  type NewLink,
  type RouteEntry,
  routeText,
} from "../../netlink/change.ts";
import type { ObservedLink, ObservedState } from "../../netlink/state.ts";
import { differing } from "../differing.ts";
import { isOwnLink, ROUTE_PROTOCOL } from "../names.ts";
import { type LocalTask, taskMac } from "./local-task.ts";
import type { NamespaceState, StateLink } from "./network-state.ts";

/** What is there, as far as it is compared. */
export type Present = Pick<ObservedState, "links" | "addresses" | "routes" | "neighbours" | "forwarding">;

/** What has to be done so that a network's namespace looks as desired; empty lists = nothing. */
export interface NamespacePlan {
  /** First. What goes, or is made anew. */
  readonly removeLinks: readonly NetworkChange[];
  /** To be made by the host's namespace, from which it sends; it is put into this one, and stays down. */
  readonly overlay: NewLink | null;
  /** Tasks whose links are to be made or finished: their insides come before `up`. */
  readonly tasks: readonly LocalTask[];
  /** Links to tasks; they stay down. */
  readonly addLinks: readonly NetworkChange[];
  /** Entries on devices that are up already; before the packet rules lead to them. */
  readonly entries: readonly NetworkChange[];
  /** Devices that come up, and entries on them; when the packet rules are in force. */
  readonly up: readonly NetworkChange[];
  /** Last, when no rule leads to them any more. */
  readonly removals: readonly NetworkChange[];
  /** What was found different, in words; what only follows from a missing device is left out. */
  readonly findings: readonly string[];
}

/** More of one kind are counted instead of listed. */
const FINDINGS_LISTED_MAX = 3;
const LOOPBACK = "lo";

/** Compares what is with what should be. Pure; looks only at what is ours. */
export function diffNamespace(desired: NamespaceState, present: Present, path: string): NamespacePlan {
  const links = diffLinks(desired.links, present.links, path);
  const isGone = (device: string): boolean => links.gone.has(device);
  const ours = (device: string): boolean => isOwnLink(device) && !isGone(device);
  const addresses = diffEntries<AddressEntry>({
    wanted: desired.addresses,
    found: present.addresses.filter(({ device, cidr }) => (device === LOOPBACK ? !isLoopback(cidr) : ours(device))),
    keyOf: ({ device, cidr }) => `${cidr} on ${device}`,
    placeOf: ({ device, cidr }) => `${cidr} ${device}`,
    add: (address) => ({ kind: "addAddress", address, scope: "global" }),
    remove: (address) => ({ kind: "removeAddress", address }),
    noun: "address",
  });
  const routes = diffEntries<RouteEntry>({
    wanted: desired.routes,
    found: present.routes.filter(({ protocol, device }) => protocol === ROUTE_PROTOCOL && !isGone(device)),
    keyOf: routeText,
    placeOf: ({ destination }) => destination,
    add: (route) => ({ kind: "addRoute", route, onlink: route.via !== null }),
    remove: (route) => ({ kind: "removeRoute", route }),
    noun: "route",
  });
  const neighbours = diffEntries<NeighbourEntry>({
    wanted: desired.neighbours,
    found: present.neighbours.filter(({ device }) => ours(device)),
    keyOf: ({ device, address, mac }) => `${address} lladdr ${mac} dev ${device}`,
    placeOf: ({ device, address }) => `${address} ${device}`,
    add: (neighbour) => ({ kind: "addNeighbour", neighbour }),
    remove: (neighbour) => ({ kind: "removeNeighbour", neighbour }),
    noun: "neighbour",
  });
  const forwarding = diffEntries<ForwardingEntry>({
    wanted: desired.forwarding,
    found: present.forwarding.filter(({ device }) => ours(device)),
    keyOf: ({ device, mac, destination }) => `${mac} dev ${device} dst ${destination}`,
    placeOf: ({ device, mac, destination }) => `${mac} ${device} ${destination}`,
    add: (entry) => ({ kind: "addForwarding", forwarding: entry }),
    remove: (entry) => ({ kind: "removeForwarding", forwarding: entry }),
    noun: "forwarding entry",
  });
  const isLate = (device: string): boolean => links.down.has(device);
  const parts = [
    ...[part(addresses, isLate), part(routes, isLate), part(neighbours, isLate), part(forwarding, isLate)],
  ];
  return {
    removeLinks: links.remove,
    overlay: links.overlay,
    tasks: links.tasks,
    addLinks: links.add,
    entries: [
      ...links.mtu,
      // A MAC with two destinations would have its frames sent twice.
      ...forwarding.removals,
      ...parts.flatMap(({ early }) => early),
    ],
    up: [
      ...[...links.down].map((device) => ({ kind: "setUp", device }) as const),
      ...parts.flatMap(({ late }) => late),
    ],
    removals: [addresses, routes, neighbours].flatMap(({ removals }) => removals),
    findings: [links.findings, ...parts.map(({ findings }) => findings)].flat(),
  };
}

interface LinkDiff {
  readonly remove: readonly NetworkChange[];
  readonly add: readonly NetworkChange[];
  readonly mtu: readonly NetworkChange[];
  readonly overlay: NewLink | null;
  readonly tasks: readonly LocalTask[];
  /** Not there any more, or empty. */
  readonly gone: ReadonlySet<string>;
  /** To come up. */
  readonly down: ReadonlySet<string>;
  readonly findings: readonly string[];
}

function diffLinks(desired: readonly StateLink[], present: readonly ObservedLink[], path: string): LinkDiff {
  const found = new Map(present.map((link) => [link.name, link]));
  const wanted = new Set(desired.map(({ name }) => name));
  const extra = present.filter(({ name }) => isOwnLink(name) && !wanted.has(name)).map(({ name }) => name);
  const missing = desired.filter((link) => !isSameDevice(link, found.get(link.name)));
  const remade = new Set(missing.map(({ name }) => name));
  const down = desired.filter(({ name }) => remade.has(name) || found.get(name)?.up !== true);
  // A task's end of its link keeps the size it was made with; a smaller one on this side would cut its packets off.
  const resized = desired.filter(
    ({ kind, name, mtu }) => kind === "vxlan" && !remade.has(name) && found.get(name)?.mtu !== mtu,
  );
  const vxlan = missing.find((link) => link.kind === "vxlan");
  return {
    remove: [...extra, ...[...remade].filter((name) => found.has(name))].map(
      (device) => ({ kind: "removeLink", device }) as const,
    ),
    add: missing.flatMap((link) =>
      link.kind === "task" ? [{ kind: "addLink", link: taskLink(link, link.task) } as const] : [],
    ),
    mtu: resized.map(({ name, mtu }) => ({ kind: "setMtu", device: name, mtu }) as const),
    overlay: vxlan?.kind === "vxlan" ? { ...vxlan, namespace: path } : null,
    tasks: down.flatMap((link) => (link.kind === "task" ? [link.task] : [])),
    // What was down has lost its routes and neighbours, but the kernel tells.
    gone: new Set([...extra, ...remade]),
    down: new Set(down.map(({ name }) => name)),
    findings: [
      ...sentences(extra, "device", "does not belong here"),
      ...missing.map(({ name }) => `device ${name} ${found.has(name) ? "had other properties" : "was missing"}`),
      ...down.filter(({ name }) => !remade.has(name)).map(({ name }) => `device ${name} was down`),
      ...resized.map(({ name, mtu }) => `device ${name} had MTU ${found.get(name)?.mtu} instead of ${mtu}`),
    ],
  };
}

function isSameDevice(link: StateLink, present: ObservedLink | undefined): boolean {
  if (present === undefined) return false;
  if (link.kind === "task") return present.kind === "veth";
  const { vxlan, mac } = present;
  return vxlan?.vni === link.vni && vxlan.port === link.port && vxlan.local === link.local && mac === link.mac;
}

function taskLink({ name, mac, mtu }: StateLink, task: LocalTask): NewLink {
  const peer = { name: task.interfaceName, mac: taskMac(task), mtu, namespace: task.namespacePath };
  return { kind: "veth", name, mac, mtu, namespace: null, peer };
}

function isLoopback(cidr: string): boolean {
  return cidr.startsWith("127.") || cidr.startsWith("::1/");
}

interface Entries<Entry> {
  readonly wanted: readonly Entry[];
  readonly found: readonly Entry[];
  /** Equal keys are equal entries; shown in findings. */
  readonly keyOf: (entry: Entry) => string;
  /** Entries of one place replace each other. */
  readonly placeOf: (entry: Entry) => string;
  readonly add: (entry: Entry) => NetworkChange;
  readonly remove: (entry: Entry) => NetworkChange;
  readonly noun: string;
}
interface EntryDiff {
  readonly additions: readonly { readonly device: string; readonly key: string; readonly change: NetworkChange }[];
  readonly removals: readonly NetworkChange[];
  readonly extra: readonly string[];
  readonly noun: string;
}

function diffEntries<Entry extends { readonly device: string }>(entries: Entries<Entry>): EntryDiff {
  const { keyOf, placeOf, noun } = entries;
  // Most are the very same objects, and need no look.
  const [wantedAlone, foundAlone] = differing(entries.wanted, entries.found);
  const [before, now] = [new Set(foundAlone), new Set(wantedAlone)];
  const found = foundAlone.filter((entry) => !now.has(entry));
  const wanted = wantedAlone.filter((entry) => !before.has(entry));
  const [wantedKeys, foundKeys] = [new Set(wanted.map(keyOf)), new Set(found.map(keyOf))];
  const missing = wanted.filter((entry) => !foundKeys.has(keyOf(entry)));
  const extra = found.filter((entry) => !wantedKeys.has(keyOf(entry)));
  const replaced = new Set(missing.map(placeOf));
  return {
    additions: missing.map((entry) => ({ device: entry.device, key: keyOf(entry), change: entries.add(entry) })),
    removals: extra.filter((entry) => !replaced.has(placeOf(entry))).map(entries.remove),
    extra: extra.map(keyOf),
    noun,
  };
}

function part(
  { additions, extra, noun }: EntryDiff,
  isLate: (device: string) => boolean,
): {
  readonly early: readonly NetworkChange[];
  readonly late: readonly NetworkChange[];
  readonly findings: readonly string[];
} {
  const [early, late] = [
    additions.filter(({ device }) => !isLate(device)),
    additions.filter(({ device }) => isLate(device)),
  ];
  return {
    early: early.map(({ change }) => change),
    late: late.map(({ change }) => change),
    findings: [
      ...sentences(extra, noun, "does not belong here"),
      ...sentences(
        early.map(({ key }) => key),
        noun,
        "was missing",
      ),
    ],
  };
}

function sentences(keys: readonly string[], noun: string, trouble: string): readonly string[] {
  if (keys.length > FINDINGS_LISTED_MAX) return [`${keys.length} times: ${noun} ${trouble} (${keys[0]} and others)`];
  return keys.map((key) => `${noun} ${key} ${trouble}`);
}
