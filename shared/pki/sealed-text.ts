import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import type { Random } from "../ports/random.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const ID_DIGITS = 8;
/** What a sealed file begins with; neither PEM nor JSON does. */
const MARK = "SWARM-SEALED-1";

/**
 * `SWARM-SEALED-1 <id of the key> <nonce, ciphertext and tag in base 64>`. The file's name is bound in, so that no file
 * can be put in another's place. A nonce is random: the few files of a node are rewritten some thousand times at most.
 */
export function sealText(key: Uint8Array, name: string, text: string, random: Random): string {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(name));
  const sealed = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${MARK} ${keyIdOf(key)} ${sealed.toString("base64")}\n`;
}

/** null when it was not sealed with this key and for this name, or was altered since. */
export function openText(key: Uint8Array, name: string, sealed: string): string | null {
  const [mark, id, data] = sealed.trim().split(" ");
  const bytes = Buffer.from(data ?? "", "base64");
  if (mark !== MARK || id !== keyIdOf(key) || bytes.length < NONCE_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    const body = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}

export function isSealed(text: string): boolean {
  return text.startsWith(`${MARK} `);
}

/** Distinguishes keys and reveals nothing about them. */
function keyIdOf(key: Uint8Array): string {
  return createHash("sha256").update("swarm sealed file").update(key).digest("hex").slice(0, ID_DIGITS);
}
