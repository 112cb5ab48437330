import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock, InstantMs } from "../../shared/ports/clock.ts";
import type { CertificatePaths } from "../listen-address.ts";

/** What a TLS server is made with. */
export interface ServerMaterial {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: "TLSv1.2";
}

/** A file with a thousand certificates; what is larger is another file. */
const FILE_BYTES_MAX = 1024 * 1024;
/** How often the files may be looked at, at most: a flood of connections must not become one of the disk. */
const LOOK_MS = 1_000;

/** The three files of a TLS server, which people and programs replace while it serves. */
export class CertificateFiles {
  readonly #paths: CertificatePaths;
  readonly #clock: Clock;
  readonly #log: Logger;
  #seen: string;
  #lookedAt: InstantMs;
  /** As they were when this was made. */
  readonly material: ServerMaterial;

  /** @throws SwarmError failedPrecondition when they cannot be read, or do not fit together. */
  constructor(paths: CertificatePaths, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#paths = paths;
    this.#clock = clock;
    this.#log = log;
    this.#seen = stateOf(paths);
    this.#lookedAt = clock.now();
    this.material = readMaterial(paths);
  }

  /**
   * What is in the files, if they have changed; otherwise null. Files that cannot be used are passed over until they
   * change again: a certificate and its key are written one after the other, and meanwhile they do not fit.
   */
  takeChange(): ServerMaterial | null {
    const now = this.#clock.now();
    if (now - this.#lookedAt < LOOK_MS) return null;
    this.#lookedAt = now;
    try {
      const state = stateOf(this.#paths);
      if (state === this.#seen) return null;
      this.#seen = state;
      const material = readMaterial(this.#paths);
      this.#log.info("the API's certificate files have changed and are in use", {
        certificate: this.#paths.certificate,
      });
      return material;
    } catch (error) {
      this.#log.warn("the API goes on with its former certificates", { error: messageOf(error) });
      return null;
    }
  }
}

function stateOf(paths: CertificatePaths): string {
  return Object.values(paths)
    .map((path: string) => {
      // A missing file is a state as well, which is reported once.
      const stat = statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? "none" : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
    })
    .join(", ");
}

function readMaterial({ ca, certificate, key }: CertificatePaths): ServerMaterial {
  const material = {
    ca: read(ca, "--tlscacert"),
    cert: read(certificate, "--tlscert"),
    key: read(key, "--tlskey"),
    minVersion: "TLSv1.2",
  } as const;
  for (const [flag, path, bytes] of [
    ["--tlscacert", ca, material.ca],
    ["--tlscert", certificate, material.cert],
  ] as const) {
    try {
      // The library that makes the context takes an authority's file without a certificate, and then trusts nobody.
      new X509Certificate(bytes);
    } catch (cause) {
      throw unusable(`${flag} ${path} has no certificate in it (PEM)`, cause);
    }
  }
  try {
    createSecureContext(material);
  } catch (cause) {
    throw unusable(`--tlscert ${certificate} and --tlskey ${key} cannot be used together: ${messageOf(cause)}`, cause);
  }
  return material;
}

function read(path: string, flag: string): Buffer {
  try {
    const { size } = statSync(path);
    if (size > FILE_BYTES_MAX) throw new Error(`it is larger than ${FILE_BYTES_MAX} bytes`);
    return readFileSync(path);
  } catch (cause) {
    throw unusable(`cannot read ${flag} ${path}: ${messageOf(cause)}`, cause);
  }
}

function unusable(sentence: string, cause: unknown): SwarmError {
  return new SwarmError("failedPrecondition", sentence, { cause });
}
