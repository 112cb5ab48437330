import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { request as requestTls } from "node:https";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { DockerFiles, DockerReader } from "../cli.ts";

/** A swarm with thousands of services. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;
/** A manager that lists thousands of services. */
const SILENCE_MS_MAX = 60_000;
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

type Where =
  | { readonly socketPath: string }
  | ({ readonly host: string; readonly port: number } & Readonly<Record<string, unknown>>);

/** A Docker's HTTP API, only read. @throws SwarmError invalidArgument for an address that is none. */
export function openDockerReader(address: string, files: DockerFiles): DockerReader {
  const where = parseAddress(address, readFiles(files));
  return { read: (path, signal) => read(address, where, path, signal) };
}

function parseAddress(address: string, tls: Readonly<Record<string, Buffer>>): Where {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.+)$/i.exec(address) ?? [];
  const isTls = Object.keys(tls).length > 0;
  if (scheme === "unix" && rest.startsWith("/")) return { socketPath: rest };
  if (scheme === "tcp") {
    const [, bracketed, plain = "", port] = /^(?:\[([^\]]+)\]|([^:/]+))(?::(\d{1,5}))?\/?$/.exec(rest) ?? [];
    const host = bracketed ?? plain;
    if (host !== "") return { host, port: Number(port ?? (isTls ? TLS_PORT : PLAIN_PORT)), ...tls };
  }
  const why =
    scheme === "ssh"
      ? "run this on that host, or forward its socket: ssh -L /tmp/docker.sock:/var/run/docker.sock HOST"
      : "it must be unix:///PATH or tcp://HOST[:PORT]";
  throw new SwarmError("invalidArgument", `invalid --from ${JSON.stringify(address)}: ${why}`);
}

function readFiles({ ca, certificate, key }: DockerFiles): Readonly<Record<string, Buffer>> {
  const named = { ca, cert: certificate, key };
  return Object.fromEntries(
    Object.entries(named).flatMap(([name, path]) => (path === undefined ? [] : [[name, readFile(path)]])),
  );
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new SwarmError("invalidArgument", `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

async function read(address: string, where: Where, path: string, signal: AbortSignal): Promise<unknown> {
  const answer = await ask(where, path, signal).catch((cause: unknown) => {
    if (signal.aborted) throw signal.reason;
    throw new SwarmError("unavailable", `cannot talk to Docker at ${address}: ${messageOf(cause)}`, { cause });
  });
  const json = parse(answer.body);
  if (answer.status === 200 && json !== undefined) return json;
  const said = (json as { readonly message?: unknown } | undefined)?.message;
  const sentence = typeof said === "string" ? said : `status ${answer.status}, and no sentence`;
  const code = answer.status === 404 ? "notFound" : "failedPrecondition";
  throw new SwarmError(code, `Docker at ${address} answers: ${sentence}`);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function ask(
  where: Where,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const send = "ca" in where || "cert" in where ? requestTls : request;
    const asked = send({ ...where, path, agent: false, signal, timeout: SILENCE_MS_MAX }, (answer: IncomingMessage) => {
      const pieces: Buffer[] = [];
      let length = 0;
      answer.on("data", (piece: Buffer) => {
        pieces.push(piece);
        length += piece.length;
        if (length > ANSWER_BYTES_MAX) asked.destroy(new Error(`${path} gave more than ${ANSWER_BYTES_MAX} bytes`));
      });
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(pieces).toString() }));
    });
    asked.on("timeout", () => asked.destroy(new Error(`no answer for ${SILENCE_MS_MAX / 1_000} s`)));
    asked.on("error", reject);
    asked.end();
  });
}
