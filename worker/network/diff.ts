import { type Attachment, hostLinkLine } from "./attachment.ts";
import type { DesiredLink, DesiredRoute, DesiredState } from "./desired.ts";
import { isOwnLink, ROUTE_PROTOCOL } from "./names.ts";
import { isOwnRoute, type ObservedLink, type ObservedRoute, type ObservedState } from "./observed.ts";

/** What has to be done so that the kernel looks as desired; empty lists = nothing. */
export interface Plan {
  /** Tasks whose link is to be made or finished: first their namespaces, then, after `linkLines`, their insides. */
  readonly tasks: readonly { readonly attachment: Attachment; readonly gateway: string }[];
  /** For `ip -batch -`: devices, which stay down: nothing passes until settings and packet rules are in force. */
  readonly linkLines: readonly string[];
  /** For `ip -batch -`, after those: devices up, and what stands on them. A task's that is up has a finished inside. */
  readonly ipLines: readonly string[];
  /** For `bridge -batch -`, last. */
  readonly bridgeLines: readonly string[];
  /** Devices that will be there for the first time, or anew. */
  readonly remade: ReadonlySet<string>;
  /** What was found different, in words; what only follows from a missing device is left out. */
  readonly findings: readonly string[];
}

/** More of one kind are counted instead of listed. */
const FINDINGS_LISTED_MAX = 3;

/** Compares what is with what should be. Pure; looks only at what is ours. */
export function diffState(desired: DesiredState, observed: ObservedState): Plan {
  const links = diffLinks(desired, observed);
  // A device that is made anew starts empty, and one that was down has lost its routes.
  const { remade } = links;
  const ours = (device: string): boolean => isOwnLink(device) && !remade.has(device) && !desired.untouched.has(device);
  const addresses = diffItems({
    wanted: desired.addresses,
    found: observed.addresses.filter(({ device, cidr }) => ours(device) && !cidr.includes(":")),
    keyOf: ({ device, cidr }) => `${cidr} on ${device}`,
    add: ({ device, cidr, scope }) =>
      `address replace ${cidr} dev ${device}${scope === "link" ? " scope link" : " noprefixroute"}`,
    remove: ({ device, cidr }) => `address del ${cidr} dev ${device}`,
    noun: "address",
    isConsequence: ({ device }) => remade.has(device),
  });
  const routes = diffItems<DesiredRoute, ObservedRoute>({
    wanted: desired.routes,
    found: observed.routes.filter((route) => isOwnRoute(route) && (route.device === "" || ours(route.device))),
    keyOf: (route) => routeText(route),
    add: (route) => `route replace ${routeText(route)}`,
    remove: (route) => `route del ${routeText(route)}`,
    noun: "route",
    isConsequence: (route) => route.kind === "unicast" && remade.has(route.device),
  });
  const neighbours = diffItems({
    wanted: desired.neighbours,
    found: observed.neighbours.filter(({ device }) => ours(device)),
    keyOf: ({ device, address, mac }) => `${address} lladdr ${mac} dev ${device}`,
    add: ({ device, address, mac }) => `neighbour replace ${address} lladdr ${mac} dev ${device} nud permanent`,
    remove: ({ device, address }) => `neighbour del ${address} dev ${device}`,
    noun: "neighbour",
    isConsequence: ({ device }) => remade.has(device),
  });
  const forwarding = diffItems({
    wanted: desired.forwarding,
    found: observed.forwarding.filter(({ device }) => ours(device)),
    keyOf: ({ device, mac, destination }) => `${mac} dev ${device} dst ${destination}`,
    add: ({ device, mac, destination }) => `fdb append ${mac} dev ${device} dst ${destination} self permanent`,
    remove: ({ device, mac, destination }) => `fdb del ${mac} dev ${device} dst ${destination} self`,
    noun: "forwarding entry",
    isConsequence: ({ device }) => remade.has(device),
  });
  return {
    tasks: links.tasks,
    linkLines: links.lines,
    ipLines: [
      ...links.up.map((device) => `link set dev ${device} up`),
      ...addresses.lines,
      ...routes.lines,
      ...neighbours.lines,
    ],
    bridgeLines: forwarding.lines,
    remade,
    findings: [links, addresses, routes, neighbours, forwarding].flatMap((part) => part.findings),
  };
}

/** `ip -batch` lines that take away everything of ours; addresses and most routes go with their devices. */
export function removalLines(observed: ObservedState): readonly string[] {
  return [
    ...observed.links.filter(({ name }) => isOwnLink(name)).map(({ name }) => `link del dev ${name}`),
    ...observed.routes
      .filter((route) => isOwnRoute(route) && !isOwnLink(route.device))
      .map((route) => `route del ${routeText(route)}`),
  ];
}

interface LinkDiff {
  readonly lines: readonly string[];
  readonly findings: readonly string[];
  /** Devices that will be empty afterwards. */
  readonly remade: ReadonlySet<string>;
  readonly tasks: Plan["tasks"];
  /** Devices that are to come up, once the rest is done. */
  readonly up: readonly string[];
}

function diffLinks(desired: DesiredState, observed: ObservedState): LinkDiff {
  const lines: string[] = [];
  const findings: string[] = [];
  const remade = new Set<string>();
  const tasks: Plan["tasks"][number][] = [];
  const up: string[] = [];
  const found = new Map(observed.links.map((link) => [link.name, link]));
  const wanted = new Set(desired.links.map(({ name }) => name));

  for (const { name } of observed.links) {
    if (!isOwnLink(name) || wanted.has(name) || desired.untouched.has(name)) continue;
    lines.push(`link del dev ${name}`);
    findings.push(`device ${name} does not belong here`);
    remade.add(name);
  }
  for (const link of desired.links) {
    const present = found.get(link.name);
    if (present === undefined || !isSameDevice(link, present)) {
      if (present !== undefined) lines.push(`link del dev ${link.name}`);
      findings.push(`device ${link.name} ${present === undefined ? "was missing" : "had other properties"}`);
      remade.add(link.name);
      lines.push(createLine(link));
      up.push(link.name);
      if (link.kind === "task") tasks.push({ attachment: link.attachment, gateway: link.gateway });
      continue;
    }
    // A task's end of its link keeps the size it was made with; a smaller one on this side would cut its packets off.
    if (link.kind !== "task" && present.mtu !== link.mtu) {
      lines.push(`link set dev ${link.name} mtu ${link.mtu}`);
      findings.push(`device ${link.name} had MTU ${present.mtu} instead of ${link.mtu}`);
    }
    if (!present.up) {
      if (link.kind === "task") tasks.push({ attachment: link.attachment, gateway: link.gateway });
      up.push(link.name);
      findings.push(`device ${link.name} was down`);
    }
  }
  return { lines, findings, remade, tasks, up };
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

function createLine(link: DesiredLink): string {
  const { name, mtu } = link;
  switch (link.kind) {
    case "holder":
      // A bridge without ports: every kernel that runs containers has it, unlike the dummy device.
      return `link add name ${name} mtu ${mtu} type bridge`;
    case "vxlan": {
      const local = link.local === null ? "" : ` local ${link.local}`;
      const options = `id ${link.vni} dstport ${link.port}${local} nolearning`;
      return `link add name ${name} address ${link.mac} mtu ${mtu} type vxlan ${options}`;
    }
    case "task":
      return hostLinkLine(link.attachment, link.gateway, mtu);
  }
}

/** As `ip route` takes it; equal texts are equal routes. */
function routeText(route: DesiredRoute | ObservedRoute): string {
  if (route.kind === "unreachable") return `unreachable ${route.destination} proto ${ROUTE_PROTOCOL}`;
  const { destination, device, via, source } = route as Extract<DesiredRoute, { kind: "unicast" }>;
  const way = via === null ? `dev ${device} scope link` : `via ${via} dev ${device} onlink`;
  return `${destination} ${way} proto ${ROUTE_PROTOCOL}${source === null ? "" : ` src ${source}`}`;
}

interface Items<Wanted, Found> {
  readonly wanted: readonly Wanted[];
  readonly found: readonly Found[];
  /** Equal keys are equal items; shown in findings. */
  readonly keyOf: (item: Wanted | Found) => string;
  readonly add: (item: Wanted) => string;
  readonly remove: (item: Found) => string;
  readonly noun: string;
  /** Missing only because something else was that is told already. */
  readonly isConsequence: (item: Wanted) => boolean;
}

/** Removals first: what is replaced may share the address of what it replaces. */
function diffItems<Wanted, Found>(
  items: Items<Wanted, Found>,
): {
  readonly lines: readonly string[];
  readonly findings: readonly string[];
} {
  const wantedKeys = new Set(items.wanted.map(items.keyOf));
  const foundKeys = new Set(items.found.map(items.keyOf));
  const extra = items.found.filter((item) => !wantedKeys.has(items.keyOf(item)));
  const missing = items.wanted.filter((item) => !foundKeys.has(items.keyOf(item)));
  return {
    lines: [...extra.map(items.remove), ...missing.map(items.add)],
    findings: [
      ...sentences(extra.map(items.keyOf), items.noun, "does not belong here"),
      ...sentences(missing.filter((item) => !items.isConsequence(item)).map(items.keyOf), items.noun, "was missing"),
    ],
  };
}

function sentences(keys: readonly string[], noun: string, trouble: string): readonly string[] {
  if (keys.length > FINDINGS_LISTED_MAX) return [`${keys.length} times: ${noun} ${trouble} (${keys[0]} and others)`];
  return keys.map((key) => `${noun} ${key} ${trouble}`);
}
