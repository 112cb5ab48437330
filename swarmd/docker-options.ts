import { join, resolve } from "node:path";
import type { Command } from "commander";
import {
  type CertificatePaths,
  checkListenAddresses,
  type ListenAddress,
  parseListenAddress,
} from "../http-api/listen-address.ts";
import { SwarmError } from "../shared/errors.ts";

/** Where Docker's API is served, and by what callers over TCP are known. */
export interface DockerApiPlaces {
  /** Empty = nowhere. */
  readonly addresses: readonly ListenAddress[];
  /** Of all ports of TCP; null = they are plain. */
  readonly certificates: CertificatePaths | null;
}

/** The flags as the parser has them. */
export interface DockerFlags {
  readonly dockerSocket?: string;
  readonly host?: readonly string[];
  readonly tlsverify?: boolean;
  readonly tlscacert?: string;
  readonly tlscert?: string;
  readonly tlskey?: string;
  readonly letAnyoneBeRootOverTcp?: boolean;
}

const HOST_HELP =
  "serve Docker's HTTP API there, too: tcp://IP[:PORT] (2376 with TLS, 2375 without) or unix:///PATH; repeatable";

export function withDockerOptions(command: Command): Command {
  return command
    .option("--docker-socket <path>", "Docker's HTTP API; none = not served (default: RUN_DIR/docker.sock)")
    .option("-H, --host <address>", HOST_HELP, addText)
    .option("--tlsverify", "over TCP, let in only who shows a certificate of --tlscacert")
    .option("--tlscacert <file>", "authority of the callers' certificates (PEM); read again when it changes")
    .option("--tlscert <file>", "this server's certificate (PEM)")
    .option("--tlskey <file>", "its key (PEM)")
    .option("--let-anyone-be-root-over-tcp", "serve plain TCP beyond this host, to whoever reaches the port");
}

/** @throws SwarmError invalidArgument */
export function dockerApiPlaces(flags: DockerFlags, runDir: string): DockerApiPlaces {
  const certificates = certificatesOf(flags);
  const socket = socketPath(flags.dockerSocket ?? "", runDir);
  const addresses = (flags.host ?? []).map((text) => parseListenAddress(text, certificates !== null));
  checkListenAddresses(addresses, { certificates, anyone: flags.letAnyoneBeRootOverTcp === true });
  return {
    addresses: [...(socket === null ? [] : [{ kind: "unix", path: socket } as const]), ...addresses],
    certificates,
  };
}

/** @param given a path, "none", or "" for the one in the run directory. */
function socketPath(given: string, runDir: string): string | null {
  if (given === "none") return null;
  return given === "" ? join(runDir, "docker.sock") : resolve(given);
}

function certificatesOf({ tlsverify, tlscacert, tlscert, tlskey }: DockerFlags): CertificatePaths | null {
  const given = [tlscacert, tlscert, tlskey];
  if (tlsverify !== true) {
    if (given.every((path) => path === undefined)) return null;
    throw new SwarmError(
      "invalidArgument",
      "--tlscacert, --tlscert and --tlskey need --tlsverify: without it, anyone would be let in",
    );
  }
  if (tlscacert === undefined || tlscert === undefined || tlskey === undefined)
    throw new SwarmError("invalidArgument", "--tlsverify needs --tlscacert, --tlscert and --tlskey");
  return { ca: resolve(tlscacert), certificate: resolve(tlscert), key: resolve(tlskey) };
}

function addText(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
