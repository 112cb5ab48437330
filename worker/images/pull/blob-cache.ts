import { createHash, type Hash } from "node:crypto";
import { SwarmError } from "../../../shared/errors.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import { SharedWork, type WorkContext } from "../shared-work.ts";
import type { Blob } from "./manifest.ts";

/** More at once would only share the same link. */
export const BLOBS_AT_ONCE = 4;
/** Read at a time when what an earlier attempt left is checked. */
const READ_BYTES = 1 << 20;

/** Bytes on their way; disposing it leaves what was not read. */
export interface BlobStream extends Disposable {
  /** Where the bytes begin, which is 0 where the registry cannot resume. */
  readonly from: number;
  readonly body: AsyncIterable<Buffer>;
}

/** Bytes of a blob from an offset on. */
export interface BlobSource {
  /** @throws SwarmError */
  open(blob: Blob, offset: number, signal: AbortSignal): Promise<BlobStream>;
}

/**
 * Blobs of images on their way from a registry into the store: `HEX` when whole and checked, `HEX.part` before. Each
 * is fetched once for all who want it, and goes on where it broke off, also after a restart of the daemon.
 */
export class BlobCache {
  readonly #directory: string;
  readonly #files: HostFiles;
  readonly #fetches = new SharedWork<void, number>(BLOBS_AT_ONCE);
  /** How many pulls need a blob now, by digest. */
  readonly #users = new Map<string, number>();

  constructor(directory: string, files: HostFiles) {
    this.#directory = directory;
    this.#files = files;
  }

  pathOf(digest: string): string {
    return `${this.#directory}/${hexOf(digest)}`;
  }

  /** Keeps blobs from being dropped by others until disposed. */
  hold(blobs: readonly Blob[]): Disposable {
    const digests = digestsOf(blobs);
    for (const digest of digests) this.#users.set(digest, (this.#users.get(digest) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        for (const digest of digests) {
          const left = (this.#users.get(digest) ?? 1) - 1;
          if (left > 0) this.#users.set(digest, left);
          else this.#users.delete(digest);
        }
      },
    };
  }

  /** Removes blobs that are in the store now, but for those that others hold. */
  async drop(blobs: readonly Blob[]): Promise<void> {
    const unheld = digestsOf(blobs).filter((digest) => !this.#users.has(digest));
    await Promise.all(unheld.map((digest) => this.#files.remove(this.pathOf(digest))));
  }

  /**
   * Resolves when the blob is there, whole and with the right digest. `onBytes` is told how many bytes are there.
   * @throws SwarmError unavailable when the connection broke, or what came is not what was asked for; cancelled.
   */
  async fetch(blob: Blob, source: BlobSource, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<void> {
    await this.#fetches.join(blob.digest, signal, onBytes, (context) => this.#fetch(blob, source, context));
  }

  /** Removes what is older than any pull and used by none. Resolves with the bytes that became free. */
  async clear(isOld: (path: string) => Promise<boolean>): Promise<number> {
    let freed = 0;
    for (const name of await this.#files.list(this.#directory)) {
      const path = `${this.#directory}/${name}`;
      if (this.#users.has(`sha256:${name.replace(/\.part$/, "")}`) || !(await isOld(path))) continue;
      freed += await this.#files.sizeOf(path);
      await this.#files.remove(path);
    }
    return freed;
  }

  async #fetch(blob: Blob, source: BlobSource, { signal, report }: WorkContext<number>): Promise<void> {
    const whole = this.pathOf(blob.digest);
    const unfinished = `${whole}.part`;
    await this.#files.makeDirectory(this.#directory, 0o700);
    if ((await this.#files.kindOf(whole)) !== null) {
      report(blob.size);
      return;
    }
    const hash = createHash("sha256");
    const kept = await this.#hashKept(unfinished, blob.size, hash);
    report(kept);
    let bytes = kept;
    let sum = hash;
    if (kept < blob.size || blob.size === 0) {
      using stream = await source.open(blob, kept, signal);
      const { from, body } = stream;
      if (from !== kept && from !== 0) throw wrong(blob, `the registry sent another part of it`);
      if (from === 0 && kept > 0) {
        await this.#files.remove(unfinished);
        sum = createHash("sha256");
      }
      bytes = await this.#append(unfinished, body, { blob, from, hash: sum, signal, report });
    }
    if (bytes < blob.size)
      throw new SwarmError("unavailable", `the connection ended before all of ${short(blob)} came`);
    if (`sha256:${sum.digest("hex")}` !== blob.digest) {
      await this.#files.remove(unfinished);
      throw wrong(blob, "its content has another digest");
    }
    await this.#files.rename(unfinished, whole);
  }

  async #append(
    path: string,
    body: AsyncIterable<Buffer>,
    { blob, from, hash, signal, report }: Appending,
  ): Promise<number> {
    await using file = await this.#files.openToAppend(path);
    let bytes = from;
    for await (const chunk of body) {
      signal.throwIfAborted();
      bytes += chunk.length;
      if (bytes > blob.size) {
        await this.#files.remove(path);
        throw wrong(blob, `it is larger than the ${blob.size} bytes that the manifest says`);
      }
      hash.update(chunk);
      await file.write(chunk);
      report(bytes);
    }
    return bytes;
  }

  /** The bytes of an earlier attempt. What cannot be the beginning of the blob is thrown away. */
  async #hashKept(path: string, sizeMax: number, hash: Hash): Promise<number> {
    await using file = await this.#files.open(path);
    if (file === null) return 0;
    const size = await file.size();
    if (size > sizeMax) {
      await this.#files.remove(path);
      return 0;
    }
    let offset = 0;
    while (offset < size) {
      const bytes = await file.read(offset, Math.min(READ_BYTES, size - offset));
      if (bytes.length === 0) break;
      hash.update(bytes);
      offset += bytes.length;
    }
    return offset;
  }
}

interface Appending {
  readonly blob: Blob;
  readonly from: number;
  readonly hash: Hash;
  readonly signal: AbortSignal;
  readonly report: (bytes: number) => void;
}

function digestsOf(blobs: readonly Blob[]): readonly string[] {
  return [...new Set(blobs.map(({ digest }) => digest))];
}

export function hexOf(digest: string): string {
  return digest.slice("sha256:".length);
}

function short({ digest }: Blob): string {
  return `layer ${hexOf(digest).slice(0, 12)}`;
}

function wrong(blob: Blob, why: string): SwarmError {
  return new SwarmError("unavailable", `${short(blob)} did not arrive as it should: ${why}`);
}
