/** Ports of a service: short forms written out as long ones, ranges as one port each. */
import { canonicalHostIp } from "../objects/host-ip.ts";
import { field, maybe, object, type Shape } from "./collection-kinds.ts";
import { type At, canonicalOf, inside, isVariable, type Kind, wrong, wrongKind } from "./kind.ts";
import { RANGE_PORTS_MAX } from "./limits.ts";
import { choice, scalarKind, text, whole } from "./scalar-kinds.ts";
import type { PortUse } from "./service-parts.ts";
import { list, mapping, scalar, type Tree, textAt, textOf } from "./tree.ts";

const PORT_MAX = 65_535;
const FORM = 'a port; write "HOST:CONTAINER"';
const protocol = choice("tcp", "udp", "sctp");

interface Range {
  readonly from: number;
  readonly to: number;
}

function toRange(written: string): Range | null {
  const [, from = "", to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(written) ?? [];
  const range = { from: Number(from), to: Number(to) };
  return from === "" || range.from > range.to || range.to > PORT_MAX ? null : range;
}

function formatRange({ from, to }: Range): string {
  return from === to ? String(from) : `${from}-${to}`;
}

/** 0 is any free port, as is nothing. */
const published: Kind<Range | null> = scalarKind<Range | null>({
  expected: 'a port or a range of ports, as "8000-8010"',
  takes: ["text", "number"],
  parse: (written) => toRange(written === "" ? "0" : written),
  format: (range) => (range === null ? "" : formatRange(range)),
});

const hostIp: Kind<string> = scalarKind({
  expected: "an address of a host",
  takes: ["text"],
  parse: (written) => (canonicalHostIp(written) === null ? null : written),
  format: (value) => value,
});

const SHAPE: Shape<PortUse> = {
  name: maybe("name", text),
  target: field("target", whole({ min: 1, max: PORT_MAX }), 0),
  published: {
    ...field<Range | null>("published", published, null),
    read: (tree, at) => {
      const range = published.read(tree, at);
      return range?.to === 0 ? null : range;
    },
  },
  hostIp: {
    ...field<string | null>("host_ip", hostIp, null),
    read: (tree, at) => hostIp.read(tree, at) || null,
  },
  protocol: field("protocol", protocol, "tcp"),
  mode: field("mode", choice("ingress", "host"), "ingress"),
  appProtocol: maybe("app_protocol", text),
};

const long = object(SHAPE);

/** The list of a service's ports, each in its long form with protocol and mode. */
export const ports: Kind<readonly PortUse[]> = {
  expected: "a list of ports",
  canonical: (tree, at) => {
    if (tree.kind !== "list") throw wrongKind(tree, at.path, ports.expected);
    return list(
      tree.items.flatMap((item, index) => written(item, inside(at, index))),
      tree.place,
    );
  },
  read: (tree, at) => {
    if (tree.kind !== "list") throw wrongKind(tree, at, ports.expected);
    return tree.items.map((item, index) => long.read(item, `${at}[${index}]`));
  },
};

function written(tree: Tree, at: At): readonly Tree[] {
  if (isVariable(tree, at)) return [tree];
  if (tree.kind === "scalar" && (typeof tree.value === "string" || typeof tree.value === "number")) {
    return shortForm(textOf(tree.value), tree, at);
  }
  if (tree.kind !== "mapping") throw wrongKind(tree, at.path, FORM);
  const canonical = canonicalOf(long, tree, at);
  if (canonical.kind !== "mapping") return [canonical];
  if (!canonical.entries.has("target")) throw wrong(tree.place, at.path, 'has no "target", the port of the container');
  const defaults = { mode: "ingress", protocol: "tcp" };
  const filled = Object.entries(defaults).flatMap(([key, value]) =>
    canonical.entries.has(key) ? [] : [[key, scalar(value, tree.place)] as const],
  );
  return [mapping([...canonical.entries, ...filled], tree.place)];
}

/** `[[IP:]HOST[-HOST]:]CONTAINER[-CONTAINER][/PROTOCOL]`, an IPv6 address in brackets. */
const SHORT = /^(?:(?:(\[[^\]]*\]|[^:[\]]*):)?([\d-]*):)?([\d-]+)(?:\/([a-zA-Z]+))?$/;

function shortForm(source: string, tree: Tree, at: At): readonly Tree[] {
  const match = SHORT.exec(source);
  const [, address = "", hostText = "", targetText = "", protocolText = "tcp"] = match ?? [];
  const targets = toRange(targetText);
  const hosts = hostText === "" ? null : toRange(hostText);
  const isProtocol = ["tcp", "udp", "sctp"].includes(protocolText.toLowerCase());
  const isWrong = targets === null || targets.from === 0 || (hosts === null && hostText !== "") || !isProtocol;
  if (isWrong || match === null) throw wrongKind(tree, at.path, FORM);
  const ip = address.replace(/^\[|\]$/g, "");
  if (canonicalHostIp(ip) === null)
    throw wrong(tree.place, at.path, `${JSON.stringify(ip)} is not an address of a host`);
  const count = targets.to - targets.from + 1;
  const isPaired = hosts === null || hosts.to - hosts.from + 1 === count;
  if (!isPaired && count > 1) {
    throw wrong(tree.place, at.path, `${JSON.stringify(source)} has ranges of different lengths; write equal ones`);
  }
  at.reading.spent.ports += count - 1;
  if (at.reading.spent.ports >= RANGE_PORTS_MAX) {
    throw wrong(tree.place, at.path, `the ranges of the file stand for more than ${RANGE_PORTS_MAX} ports`);
  }
  return Array.from({ length: count }, (_, index) => {
    const host = hosts === null || !isPaired ? hosts : { from: hosts.from + index, to: hosts.from + index };
    const entries: (readonly [string, string | number])[] = [["mode", "ingress"]];
    if (ip !== "") entries.push(["host_ip", ip]);
    entries.push(["target", targets.from + index]);
    if (host !== null) entries.push(["published", formatRange(host)]);
    entries.push(["protocol", protocolText.toLowerCase()]);
    return mapping(
      entries.map(([key, value]) => [key, scalar(value, tree.place)]),
      tree.place,
    );
  });
}

/** Two entries with the same one are the same port, said twice. */
export function portKey(tree: Tree): string {
  if (tree.kind !== "mapping") return tree.kind === "scalar" ? textOf(tree.value) : "";
  const [ip = "0.0.0.0", from = "", target = "", proto = ""] = ["host_ip", "published", "target", "protocol"].map(
    (key) => textAt(tree, key) ?? undefined,
  );
  return `${ip}:${from}:${target}/${proto}`;
}
