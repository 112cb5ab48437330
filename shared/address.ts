import { SwarmError } from "./errors.ts";
import type { Brand } from "./ids.ts";
import { formatAddress, toAddress } from "./ipv4.ts";
import { formatAddress6, toAddress6 } from "./ipv6.ts";

/**
 * One IPv4 or IPv6 address in its canonical form: no prefix length, no zone, no blanks, no leading zeros; an IPv4
 * address mapped into IPv6 is returned as the IPv4 address that it is.
 */
export type IpAddress = Brand<string, "IpAddress">;

/** Where a program listens: HOST:PORT, the host an IP address (IPv6 in brackets) or a DNS name. */
export type HostPort = Brand<string, "HostPort">;

const PORT_MAX = 65_535;
/** The first 96 bits of ::ffff:0:0/96. */
const MAPPED = 0xffffn;
/** The longest DNS name. */
const DNS_NAME_LENGTH_MAX = 253;
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/i;

/** `what` names the field, for the sentence. @throws SwarmError invalidArgument when `text` is not one address. */
export function parseIpAddress(text: string, what: string): IpAddress {
  const canonical = toIpv4(text) ?? toIpv6(text);
  if (canonical === null) throw invalid(text, what, "not an IP address");
  return canonical;
}

/**
 * An address that another host can send to.
 * @throws SwarmError invalidArgument also for addresses that mean no host, or several: 0.0.0.0, ::, multicast,
 * broadcast, link-local ones of IPv6.
 */
export function parseHostAddress(text: string, what: string): IpAddress {
  const address = parseIpAddress(text, what);
  const isNoHost = /^(?:0\.|22[4-9]\.|23\d\.|24\d\.|25[0-5]\.)/.test(address) || /^(?:::$|ff)/.test(address);
  if (isNoHost) throw invalid(text, what, "not the address of one host");
  // Without a zone it identifies no host; with one it means something else on every host.
  if (/^fe[89ab]/.test(address))
    throw invalid(text, what, "a link-local address, which means another host on each link");
  return address;
}

/** Whether only programs of the same host can reach it. */
export function isLoopbackAddress(address: string): boolean {
  return address === "::1" || /^127\./.test(address);
}

/** @throws SwarmError invalidArgument when `text` is not HOST:PORT. */
export function parseHostPort(text: string, what: string): HostPort {
  if (!isHostPort(text)) throw invalid(text, what, "not an address HOST:PORT");
  return text;
}

export function isHostPort(text: string): text is HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):([0-9]{1,5})$/.exec(text);
  const [, bracketed, plain = "", portText = ""] = match ?? [];
  const port = Number(portText);
  const isHost = bracketed === undefined ? toIpv4(plain) !== null || isDnsName(plain) : toIpv6(bracketed) !== null;
  return match !== null && isHost && port >= 1 && port <= PORT_MAX;
}

function toIpv4(text: string): IpAddress | null {
  return toAddress(text) === null ? null : (text as unknown as IpAddress);
}

function toIpv6(text: string): IpAddress | null {
  const value = toAddress6(text);
  if (value === null) return null;
  // An IPv4-mapped IPv6 address counts as that IPv4 address, also where address rules are applied.
  const isMapped = value >> 32n === MAPPED;
  const plain = isMapped ? formatAddress(Number(value & 0xffff_ffffn)) : formatAddress6(value);
  return plain as unknown as IpAddress;
}

// A name of digits only would be a mistyped IPv4 address.
function isDnsName(text: string): boolean {
  const labels = text.split(".");
  return (
    text.length <= DNS_NAME_LENGTH_MAX &&
    labels.every((label) => DNS_LABEL.test(label)) &&
    !/^\d+$/.test(labels.at(-1) ?? "")
  );
}

function invalid(text: string, what: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid ${what} ${JSON.stringify(text.slice(0, 100))}: ${why}`);
}

/** Managers' gRPC, as Docker's. */
const MANAGER_PORT = 2377;

/** The usual port if none is given; an IPv6 address needs brackets to have one. */
export function withManagerPort(address: string): string {
  if (/^\[.*\]:\d+$/.test(address) || /^[^:]+:\d+$/.test(address)) return address;
  if (/^\[.*\]$/.test(address) || !address.includes(":")) return `${address}:${MANAGER_PORT}`;
  return `[${address}]:${MANAGER_PORT}`;
}
