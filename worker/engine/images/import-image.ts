import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { toRfc3339 } from "../../../shared/docker-shape/common.ts";
import { SwarmError } from "../../../shared/errors.ts";
import type { ImportHeader, ImportImageRequest, ImportImageResponse } from "../../../shared/rpc/gen/images.ts";
import { parsePlatform } from "../../images/pull/manifest.ts";
import type { OpenFile } from "../../ports/host-files.ts";
import { writeDirectoryImage } from "./directory-image.ts";
import { changedConfig } from "./image-changes.ts";
import { type ImageServiceParts, workDirectory } from "./image-parts.ts";
import { nameToGive } from "./names.ts";
import { receive } from "./receive.ts";

const READ_BYTES = 1 << 20;
const GZIP = Buffer.from([0x1f, 0x8b]);
/** Compressions that are recognised, but not undone. */
const OTHERS: readonly (readonly [string, Buffer])[] = [
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a])],
  ["bzip2", Buffer.from("BZh")],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];

/** Makes an image of one layer, which is what arrives. */
export async function importImage(
  parts: ImageServiceParts,
  messages: AsyncIterable<ImportImageRequest>,
  signal: AbortSignal,
): Promise<ImportImageResponse> {
  await using work = await workDirectory(parts);
  const pieces = messages[Symbol.asyncIterator]();
  const first = await pieces.next();
  const header = first.done === true ? null : first.value.header;
  if (header === null) throw new SwarmError("invalidArgument", "the first message of an import says what to make");
  const name = header.name === "" ? null : nameToGive(header.name);
  const layer = `${work.path}/layer`;
  await receive(parts.files, layer, dataOf(pieces), signal);
  const { digest, diffId, size, isGzip } = await measure(parts, layer);
  const directory = `${work.path}/image`;
  const config = configOf(parts, header, diffId);
  const id = await writeDirectoryImage(parts.files, directory, config, [{ digest, size, path: layer, isGzip }]);
  await parts.tools.copy(`dir:${directory}`, parts.tools.place(name ?? `@${id}`), [], signal);
  return { id: `sha256:${id}` };
}

async function* dataOf(pieces: AsyncIterator<ImportImageRequest>): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await pieces.next();
    if (done === true) return;
    yield value.data;
  }
}

interface Measured {
  readonly digest: string;
  /** Digest of the tar itself, without compression. */
  readonly diffId: string;
  readonly size: number;
  readonly isGzip: boolean;
}

async function measure({ files }: ImageServiceParts, path: string): Promise<Measured> {
  await using file = await files.open(path);
  if (file === null) throw new SwarmError("invalidArgument", "the tar is empty");
  const size = await file.size();
  const start = Buffer.from(await file.read(0, 8));
  const other = OTHERS.find(([, magic]) => start.subarray(0, magic.length).equals(magic));
  if (size === 0) throw new SwarmError("invalidArgument", "the tar is empty");
  if (other !== undefined) {
    throw new SwarmError("invalidArgument", `the tar is compressed by ${other[0]}: decompress it, or use gzip`);
  }
  const isGzip = start.subarray(0, GZIP.length).equals(GZIP);
  const whole = createHash("sha256");
  const plain = createHash("sha256");
  const source = Readable.from(readAll(file, (bytes) => whole.update(bytes)));
  try {
    if (isGzip) await pipeline(source, createGunzip(), plain);
    else await pipeline(source, plain);
  } catch (cause) {
    throw new SwarmError("invalidArgument", "the tar is not compressed as gzip does it", { cause });
  }
  return { digest: `sha256:${whole.digest("hex")}`, diffId: `sha256:${plain.digest("hex")}`, size, isGzip };
}

async function* readAll(file: OpenFile, onBytes: (bytes: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for (let offset = 0; ; ) {
    const bytes = await file.read(offset, READ_BYTES);
    if (bytes.length === 0) return;
    offset += bytes.length;
    onBytes(bytes);
    yield bytes;
  }
}

function configOf({ clock, platform: host }: ImageServiceParts, header: ImportHeader, diffId: string): unknown {
  const { os, architecture, variant } = header.platform === "" ? host : parsePlatform(header.platform);
  const created = toRfc3339(clock.wallNow());
  const comment = header.message === "" ? {} : { comment: header.message };
  return {
    created,
    architecture,
    os,
    ...(variant === "" ? {} : { variant }),
    config: changedConfig({}, header.changes),
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created, created_by: "swarmctl import", ...comment }],
  };
}
