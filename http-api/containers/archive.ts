import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { toDockerPathStat } from "../../shared/docker-shape/path-stat.ts";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { PathStat } from "../../shared/rpc/gen/streams.ts";
import { type Answer, empty, type Headers, stream } from "../answer.ts";
import type { Call } from "../route.ts";
import { type Place, placeOf } from "./place.ts";

const TAR = "application/x-tar";
const BYTES = "application/octet-stream";
/** Of one message to a container. */
const PIECE_BYTES = 1 << 16;
/** As long as its caller has patience; a silent one is cut off by the server. */
const TRANSFER_TIMEOUT_MS = 2 ** 31 - 1;

/** What is at a path, in a header. */
export async function statPath(call: Call): Promise<Answer> {
  const place = await placeOf(call);
  const path = pathIn(call);
  return empty(200, statHeader(path, await statOf(call, place, path)));
}

/** A file or directory as an archive, and what it is in a header. */
export async function getArchive(call: Call): Promise<Answer> {
  const { engine, ref } = await placeOf(call);
  const path = pathIn(call);
  const stat = await statOf(call, { engine, ref }, path);
  const isContents = path.endsWith("/.") && stat.kind === "DIRECTORY";
  const pieces = engine.streams.getArchive(
    { container: ref, path, followLink: path.endsWith("/"), contentsOnly: isContents },
    { signal: call.signal, timeoutMs: TRANSFER_TIMEOUT_MS },
  );
  return stream(TAR, dataOf(pieces), { headersAtOnce: false, headers: statHeader(path, stat) });
}

/** Unpacks an archive, which may be compressed by gzip. */
export async function putArchive(call: Call): Promise<Answer> {
  const { engine, ref } = await placeOf(call);
  const { query, body, signal } = call;
  const start = {
    ...{ container: ref, path: pathIn(call), renameTop: "", keepOwners: true },
    ...{ ownUser: query.flag("copyUIDGID"), keepKinds: query.flag("noOverwriteDirNonDir") },
  };
  const cut = new AbortController();
  const put = engine.streams.putArchive({
    signal: AbortSignal.any([signal, cut.signal]),
    timeoutMs: TRANSFER_TIMEOUT_MS,
  });
  const sending = async (): Promise<void> => {
    await put.send({ start });
    for await (const piece of await unzipped(body.pieces)) {
      for (let at = 0; at < piece.length; at += PIECE_BYTES)
        await put.send({ data: piece.subarray(at, at + PIECE_BYTES) });
    }
    put.end();
  };
  let fault: unknown = null;
  const sent = sending().catch((error: unknown) => {
    fault = error;
    // What has not come whole must not be waited for.
    cut.abort(error);
  });
  try {
    await put.response;
  } catch (error) {
    await sent;
    // Why it was refused says the answer, unless it was given up because of the archive.
    throw isCancelled(error) && fault !== null ? asRefusal(fault) : error;
  }
  return empty(200);
}

const isCancelled = (error: unknown): boolean => error instanceof SwarmError && error.code === "cancelled";

/** A broken archive is its sender's mistake. */
function asRefusal(fault: unknown): unknown {
  const { code = "" } = fault as NodeJS.ErrnoException;
  if (!code.startsWith("Z_")) return fault;
  return new SwarmError("invalidArgument", `the archive cannot be unzipped: ${messageOf(fault)}`, { cause: fault });
}

/** All files of a container. */
export async function exportFiles(call: Call): Promise<Answer> {
  const { engine, ref } = await placeOf(call);
  const options = { signal: call.signal, timeoutMs: TRANSFER_TIMEOUT_MS };
  const pieces = engine.streams.export({ container: ref }, options);
  return stream(BYTES, dataOf(pieces), { headersAtOnce: false });
}

async function statOf(call: Call, { engine, ref }: Place, path: string): Promise<PathStat> {
  const { signal } = call;
  const stat = await engine.streams.statPath({ container: ref, path }, { signal });
  // A slash at the end means what a link leads to.
  const isLed = path.endsWith("/") || path.endsWith("/.");
  const led =
    isLed && stat.kind === "LINK"
      ? await engine.streams.statPath({ container: ref, path: stat.targetPath }, { signal })
      : stat;
  if (led.kind !== "NONE") return led;
  throw new SwarmError("notFound", `Could not find the file ${path} in container ${call.params.get("id")}`);
}

function statHeader(path: string, stat: PathStat): Headers {
  const json = JSON.stringify(toDockerPathStat(path, stat));
  return { "X-Docker-Container-Path-Stat": Buffer.from(json).toString("base64") };
}

function pathIn({ query }: Call): string {
  const path = query.text("path");
  if (path === "") throw new SwarmError("invalidArgument", "bad parameter: path cannot be empty");
  return path;
}

async function* dataOf(pieces: AsyncIterable<{ readonly data: Buffer }>): AsyncGenerator<Buffer> {
  for await (const { data } of pieces) yield data;
}

/** What begins as gzip does, unpacked as it comes; anything else as it is. */
async function unzipped(pieces: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const incoming = pieces[Symbol.asyncIterator]();
  const first = await incoming.next();
  const all = async function* (): AsyncGenerator<Buffer> {
    for (let next = first; next.done !== true; next = await incoming.next()) yield next.value;
  };
  const isGzip = first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b;
  if (!isGzip) return all();
  const unzip = createGunzip();
  // Errors of either end come to whoever reads.
  pipeline(Readable.from(all()), unzip, () => {});
  return unzip;
}
