import type { DockerJson } from "../shared/docker-shape/common.ts";
import { SwarmError } from "../shared/errors.ts";
import { StatusError } from "./errors.ts";
import { JSON_BYTES_MAX, JSON_DEPTH_MAX } from "./limits.ts";

/** The body of a request, for one reader. */
export interface Body {
  /** As a client says it; "" = it does not. */
  readonly contentType: string;
  /** Bytes as they come, held back while they are not taken. @throws SwarmError once the caller is gone or silent. */
  readonly pieces: AsyncIterable<Buffer>;
}

/** All of a body. @throws StatusError 413 when it is larger than `bytesMax`. */
export async function readWhole({ pieces }: Body, bytesMax: number = JSON_BYTES_MAX): Promise<Buffer> {
  const taken: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new StatusError(413, `the body is larger than ${bytesMax} bytes`);
    taken.push(piece);
  }
  return Buffer.concat(taken);
}

/**
 * A body that is a JSON object; null where there is no body at all.
 * @throws SwarmError invalidArgument for another type, no JSON, other JSON, or JSON nested too deep.
 */
export async function readJson(body: Body, bytesMax: number = JSON_BYTES_MAX): Promise<DockerJson | null> {
  const bytes = await readWhole(body, bytesMax);
  if (bytes.length === 0) return null;
  const [type = ""] = body.contentType.split(";");
  if (type !== "" && type.trim().toLowerCase() !== "application/json") {
    throw invalid(`unsupported Content-Type header (${body.contentType}): must be 'application/json'`);
  }
  const value = parse(bytes.toString());
  if (value === null) return null;
  if (typeof value !== "object" || Array.isArray(value)) throw invalid("invalid JSON: the body must be an object");
  if (isDeeper(value, JSON_DEPTH_MAX)) throw invalid(`invalid JSON: nested more than ${JSON_DEPTH_MAX} levels deep`);
  return value as DockerJson;
}

/** As `readJson`, for requests that mean nothing without a body. @throws SwarmError invalidArgument */
export async function requireJson(body: Body, bytesMax: number = JSON_BYTES_MAX): Promise<DockerJson> {
  const json = await readJson(body, bytesMax);
  if (json === null) throw invalid("invalid JSON: the request has no body");
  return json;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SwarmError("invalidArgument", `invalid JSON: ${String((cause as Error).message)}`, { cause });
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((part) => isDeeper(part, levels - 1));
}

function invalid(sentence: string): SwarmError {
  return new SwarmError("invalidArgument", sentence);
}
