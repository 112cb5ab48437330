import { createPrivateKey } from "node:crypto";
import { SwarmError } from "../errors.ts";
import type { NodeIdentity } from "./bootstrap.ts";
import { parseCertificates, readNodeCertificate } from "./node-certificate.ts";
import type { KeyFiles } from "./ports/key-files.ts";

const ROOT_FILE = "swarm-root-ca.crt";
const CERTIFICATE_FILE = "swarm-node.crt";
const KEY_FILE = "swarm-node.key";
/** Key and certificate together, while they are being put in place one after the other. */
const PENDING_FILE = "swarm-node.pending";
/** Those that hold a private key. */
export const SECRET_NODE_FILES: readonly string[] = [KEY_FILE, PENDING_FILE];
/** Certificates are not secret, but no one else needs to read them here. */
const FILE_MODE = 0o600;

/**
 * A host's identity on disk, in the data directory's `certificates/`. Certificate and key change together: both are
 * first written to one pending file, so that the next `load` completes a change that a crash interrupted.
 */
export class KeyStore {
  readonly #files: KeyFiles;
  /** Two identities at once would leave the key of one with the certificate of the other. */
  #saving: Promise<void> = Promise.resolve();

  constructor(files: KeyFiles) {
    this.#files = files;
  }

  /**
   * null when this host has no identity. Does not judge dates: an expired certificate is still who we were.
   * @throws SwarmError failedPrecondition when files are missing, damaged, or do not belong together.
   */
  async load(): Promise<NodeIdentity | null> {
    await this.#finishPending();
    const rootCa = await this.#files.read(ROOT_FILE);
    const certificate = await this.#files.read(CERTIFICATE_FILE);
    const key = await this.#files.read(KEY_FILE);
    if (certificate === null && key === null) return null;
    if (rootCa === null || certificate === null || key === null) {
      const missing = rootCa === null ? ROOT_FILE : certificate === null ? CERTIFICATE_FILE : KEY_FILE;
      throw damaged(`${missing} is missing`);
    }
    const claims = readClaims(certificate);
    if (!ownsKey(certificate, key)) throw damaged(`${KEY_FILE} is not the key of ${CERTIFICATE_FILE}`);
    return { ...claims, rootCa, certificate, key };
  }

  /** Resolves when the identity is on disk for good. */
  async save(identity: NodeIdentity): Promise<void> {
    const saving = this.#saving.then(() => this.#save(identity));
    this.#saving = saving.catch(() => {});
    await saving;
  }

  async #save(identity: NodeIdentity): Promise<void> {
    await this.#files.write(ROOT_FILE, identity.rootCa, FILE_MODE);
    await this.#files.write(PENDING_FILE, `${identity.key.trim()}\n${identity.certificate.trim()}\n`, FILE_MODE);
    await this.#finishPending();
  }

  /** Forgets who this host was. */
  async clear(): Promise<void> {
    for (const name of [PENDING_FILE, KEY_FILE, CERTIFICATE_FILE, ROOT_FILE]) await this.#files.remove(name);
  }

  async #finishPending(): Promise<void> {
    const pending = await this.#files.read(PENDING_FILE);
    if (pending === null) return;
    const [key, ...certificates] = pending.split(/(?=-----BEGIN CERTIFICATE-----)/);
    // More than one while the root is being replaced.
    const certificate = certificates.join("");
    if (key === undefined || certificate === "") throw damaged(`${PENDING_FILE} holds no certificate`);
    await this.#files.write(KEY_FILE, key, FILE_MODE);
    await this.#files.write(CERTIFICATE_FILE, certificate, FILE_MODE);
    await this.#files.remove(PENDING_FILE);
  }
}

function readClaims(pem: string): Pick<NodeIdentity, "nodeId" | "clusterId" | "role"> {
  const parsed = readFirst(pem);
  if (parsed.kind === "malformed") throw damaged(parsed.message);
  const { nodeId, clusterId, role } = parsed.certificate;
  return { nodeId, clusterId, role };
}

function readFirst(pem: string): ReturnType<typeof readNodeCertificate> {
  const [first] = parseCertificates(pem, CERTIFICATE_FILE);
  return first === undefined
    ? { kind: "malformed", message: `${CERTIFICATE_FILE} is empty` }
    : readNodeCertificate(first);
}

function ownsKey(certificatePem: string, keyPem: string): boolean {
  try {
    return parseCertificates(certificatePem, CERTIFICATE_FILE)[0]?.checkPrivateKey(createPrivateKey(keyPem)) ?? false;
  } catch {
    return false;
  }
}

function damaged(why: string): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    `this host's certificates are damaged (${why}): run \`swarmctl leave --force\` and join again`,
  );
}
