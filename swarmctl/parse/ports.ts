import type { PortConfig } from "../../shared/rpc/gen/objects.ts";
import { parseCsvPairs } from "./csv.ts";
import { parseChoice } from "./numbers.ts";
import { usageError } from "./usage.ts";

const FLAG = "--publish";
const PROTOCOLS = { tcp: "TCP", udp: "UDP", sctp: "SCTP" } as const;
const MODES = { ingress: "INGRESS", host: "HOST" } as const;
const PORT_MAX = 65_535;

/**
 * Short syntax `[PUBLISHED[-END]:]TARGET[-END][/PROTOCOL]` (always ingress), or long syntax
 * `target=80,published=8080,protocol=tcp,mode=host`. A range gives one port for each number.
 * @throws SwarmError invalidArgument.
 */
export function parsePublish(text: string): readonly PortConfig[] {
  return text.includes("=") ? parseLong(text.toLowerCase()) : parseShort(text);
}

function parseShort(text: string): readonly PortConfig[] {
  const [ports = "", protocolText = "tcp", ...more] = text.split("/");
  const parts = ports.split(":");
  if (parts.length > 2) {
    throw usageError(
      `invalid port "${text}": a host address is not supported, since a published port is open on every node`,
    );
  }
  if (more.length > 0) throw invalid(text);
  const protocol = parseChoice(protocolText, FLAG, PROTOCOLS);
  const target = parseRange(parts.at(-1) ?? "", text);
  const published = parts.length === 2 ? parseRange(parts[0] ?? "", text) : null;
  return pair(text, { published, target, protocol, publishMode: "INGRESS" });
}

function parseLong(text: string): readonly PortConfig[] {
  let target: Range | null = null;
  let published: Range | null = null;
  let protocol: PortConfig["protocol"] = "TCP";
  let publishMode: PortConfig["publishMode"] = "INGRESS";
  for (const [key, value] of parseCsvPairs(text, FLAG)) {
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
      default:
        throw usageError(`invalid field "${key}" in port "${text}": expected target, published, protocol or mode`);
    }
  }
  if (target === null) throw usageError(`invalid port "${text}": target is missing`);
  return pair(text, { published, target, protocol, publishMode });
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

interface Ranges extends Pick<PortConfig, "protocol" | "publishMode"> {
  readonly published: Range | null;
  readonly target: Range;
}

/** Pairs of published and target ports; published 0 = chosen by the cluster. */
function pair(text: string, { published, target, ...rest }: Ranges): readonly PortConfig[] {
  const count = target.to - target.from;
  if (published !== null && published.to - published.from !== count) {
    throw usageError(`invalid port "${text}": the two ranges must have the same length`);
  }
  return Array.from({ length: count + 1 }, (_, at) => ({
    ...rest,
    targetPort: target.from + at,
    publishedPort: published === null ? 0 : published.from + at,
  }));
}

function invalid(text: string): Error {
  return usageError(
    `invalid port "${text}": expected [PUBLISHED:]TARGET[/PROTOCOL] with ports in 1..${PORT_MAX}, such as 8080:80/tcp`,
  );
}
