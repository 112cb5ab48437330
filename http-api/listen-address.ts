import { resolve } from "node:path";
import { isLoopbackAddress, parseIpAddress } from "../shared/address.ts";
import { SwarmError } from "../shared/errors.ts";

/** A place where the API is served, as `-H` names it. */
export type ListenAddress =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number };

/** What the API over TCP proves itself with, and whom it believes. */
export interface CertificatePaths {
  /** The authority whose certificates callers must show. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface TcpRules {
  /** null = plain TCP. */
  readonly certificates: CertificatePaths | null;
  /** Plain TCP also where others than this host can reach it. */
  readonly anyone: boolean;
}

/** Docker's. */
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;
const PORT_MAX = 65_535;
/** Addresses are written by hand. */
const ADDRESSES_MAX = 16;

/** @throws SwarmError invalidArgument */
export function parseListenAddress(text: string, isTls: boolean): ListenAddress {
  const [, scheme, rest = ""] = /^([a-z]+):\/\/(.*)$/i.exec(text) ?? [];
  switch (scheme?.toLowerCase()) {
    case "unix":
      if (!rest.startsWith("/"))
        throw invalid(text, "a socket's path begins with /, as in unix:///var/run/docker.sock");
      return { kind: "unix", path: resolve(rest) };
    case "tcp":
      return parseTcp(text, rest, isTls ? TLS_PORT : PLAIN_PORT);
    case "fd":
      throw invalid(text, "sockets of systemd are not taken over: name a path, as in unix:///var/run/docker.sock");
    default:
      throw invalid(text, "it must be tcp://IP[:PORT] or unix:///PATH");
  }
}

function parseTcp(text: string, rest: string, defaultPort: number): ListenAddress {
  const [, bracketed, plain = "", portText] = /^(?:\[([^\]]*)\]|([^:/]*))(?::(\d{1,5}))?\/?$/.exec(rest) ?? [];
  const named = bracketed ?? plain;
  if (named === "") throw invalid(text, "name the IP address to listen on, such as tcp://127.0.0.1 or tcp://0.0.0.0");
  const host = named === "localhost" ? "127.0.0.1" : parseIpAddress(named, "address of -H");
  const port = portText === undefined ? defaultPort : Number(portText);
  if (port < 1 || port > PORT_MAX) throw invalid(text, `the port must be 1 to ${PORT_MAX}`);
  return { kind: "tcp", host, port };
}

/**
 * Whether the API may be served there: whoever reaches it is root of this host.
 * @throws SwarmError invalidArgument
 */
export function checkListenAddresses(addresses: readonly ListenAddress[], { certificates, anyone }: TcpRules): void {
  if (addresses.length > ADDRESSES_MAX) throw unusable(`-H can be given ${ADDRESSES_MAX} times at most`);
  const tcp = addresses.filter((address) => address.kind === "tcp");
  if (tcp.length === 0 && certificates !== null) throw unusable("--tlsverify has no effect without -H tcp://IP:PORT");
  if (tcp.length === 0 && anyone) {
    throw unusable("--let-anyone-be-root-over-tcp has no effect without -H tcp://IP:PORT");
  }
  if (certificates !== null && anyone) {
    throw unusable(
      "--let-anyone-be-root-over-tcp contradicts --tlsverify, which lets in only holders of a certificate",
    );
  }
  if (certificates !== null || anyone) return;
  const open = tcp.find(({ host }) => !isLoopbackAddress(host));
  if (open === undefined) return;
  throw unusable(
    `-H ${nameOf(open)} without TLS would make root of this host whoever reaches that port: ` +
      "give --tlsverify with --tlscacert, --tlscert and --tlskey, listen on 127.0.0.1, " +
      "or say --let-anyone-be-root-over-tcp",
  );
}

/** As clients name it: `DOCKER_HOST`. */
export function nameOf(address: ListenAddress): string {
  if (address.kind === "unix") return `unix://${address.path}`;
  const { host, port } = address;
  return `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function invalid(text: string, why: string): SwarmError {
  return unusable(`invalid -H ${JSON.stringify(text.slice(0, 200))}: ${why}`);
}

function unusable(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
