import { canonicalHostIp } from "../../shared/objects/host-ip.ts";
import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import { parseCsvPairs } from "./csv.ts";
import { parseChoice } from "./numbers.ts";
import { usageError } from "./usage.ts";

const FLAG = "--publish";
const PROTOCOLS = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;
const MODES = { ingress: "INGRESS", host: "HOST" } as const;
const YES_NO = { true: true, false: false } as const;
const PORT_MAX = 65_535;

/**
 * Short syntax `[[HOST_IP:]PUBLISHED[-END]:]TARGET[-END][/PROTOCOL]` (always ingress; an IPv6 address in brackets), or
 * long syntax `target=80,published=8080,protocol=tcp,mode=host,host_ip=192.168.0.10`. A range gives one port for each
 * number; a range of published ports may lead to one target.
 * @throws SwarmError invalidArgument.
 */
export function parsePublish(text: string): readonly PortConfig[] {
  return text.includes("=") ? parseLong(text.toLowerCase()) : parseShort(text);
}

function parseShort(text: string): readonly PortConfig[] {
  const [, bracketed, plain, rest = ""] = /^(?:\[([^\]]*)\]:|([^:]*):(?=[^:]*:))?(.*)$/.exec(text) ?? [];
  const [ports = "", protocolText = "tcp", ...more] = rest.split("/");
  const parts = ports.split(":");
  if (parts.length > 2 || more.length > 0) throw invalid(text);
  const hostIp = parseHostIp(bracketed ?? plain ?? "", text);
  const protocol = parseChoice(protocolText, FLAG, PROTOCOLS);
  const target = parseRange(parts.at(-1) ?? "", text);
  // 192.168.0.10::80, as in Docker: at that address, by a number that is chosen.
  const isOpen = parts.length === 1 || (parts[0] === "" && hostIp !== null);
  const published = isOpen ? null : parseRange(parts[0] ?? "", text);
  return pair(text, { published, target, protocol, publishMode: "INGRESS", hostIp: hostIp ?? "", localFirst: false });
}

function parseLong(text: string): readonly PortConfig[] {
  let target: Range | null = null;
  let published: Range | null = null;
  let protocol: PortConfig["protocol"] = "TCP";
  let publishMode: PortConfig["publishMode"] = "INGRESS";
  let hostIp = "";
  let localFirst = false;
  for (const [key, value] of parseCsvPairs(text, FLAG)) {
    if (key === "local-first") {
      localFirst = parseChoice(value ?? "true", FLAG, YES_NO);
      continue;
    }
    if (value === null) throw usageError(`invalid field "${key}" in port "${text}": expected KEY=VALUE`);
    switch (key) {
      case "target":
        target = parseRange(value, text);
        break;
      case "published":
        published = parseRange(value, text);
        break;
      case "protocol":
        protocol = parseChoice(value, FLAG, PROTOCOLS);
        break;
      case "mode":
        publishMode = parseChoice(value, FLAG, MODES);
        break;
      case "host_ip":
        hostIp = parseHostIp(value.replace(/^\[(.*)\]$/, "$1"), text) ?? "";
        break;
      case "proxy":
      case "proxy-protocol":
      case "proxy_protocol":
        throw usageError(
          `"${key}" in port "${text}" is not offered: containers see each client's own address on published ports, so let the server read no PROXY header (one that a load balancer in front sends comes through as it is)`,
        );
      default:
        throw usageError(
          `invalid field "${key}" in port "${text}": expected target, published, protocol, mode, host_ip or local-first`,
        );
    }
  }
  if (target === null) throw usageError(`invalid port "${text}": target is missing`);
  return pair(text, { published, target, protocol, publishMode, hostIp, localFirst });
}

/** null = none is given. */
function parseHostIp(word: string, whole: string): string | null {
  if (word === "") return null;
  const hostIp = canonicalHostIp(word);
  if (hostIp === null)
    throw usageError(
      `invalid port "${whole}": "${word}" is no address of hosts, such as 192.168.0.10 or, for all in it, 192.168.0.0/24`,
    );
  return hostIp;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function parseRange(text: string, whole: string): Range {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text.trim());
  const from = Number(match?.[1] ?? 0);
  const to = Number(match?.[2] ?? from);
  if (match === null || from < 1 || to < from || to > PORT_MAX) throw invalid(whole);
  return { from, to };
}

interface Ranges extends Pick<PortConfig, "protocol" | "publishMode" | "hostIp" | "localFirst"> {
  readonly published: Range | null;
  readonly target: Range;
}

/** Pairs of published and target ports; published 0 = chosen by the cluster. Several may lead to one target. */
function pair(text: string, { published, target, ...rest }: Ranges): readonly PortConfig[] {
  const targets = target.to - target.from;
  const count = published === null ? targets : published.to - published.from;
  if (count !== targets && targets !== 0) {
    throw usageError(
      `invalid port "${text}": a range of ports needs a range of the same length, or one port, to lead to`,
    );
  }
  return Array.from({ length: count + 1 }, (_, at) => ({
    ...rest,
    targetPort: target.from + Math.min(at, targets),
    publishedPort: published === null ? 0 : published.from + at,
  }));
}

function invalid(text: string): Error {
  return usageError(
    `invalid port "${text}": expected [[HOST_IP:]PUBLISHED:]TARGET[/PROTOCOL] with ports in 1..${PORT_MAX}, such as 8080:80/tcp`,
  );
}
