import { createCipheriv, createDecipheriv, createHash } from "node:crypto";

export const KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** Authenticated encryption of one record. */
export interface RecordCipher {
  /** Writes ciphertext and tag to `target` from `at` on: `plain.length + TAG_BYTES` bytes. */
  encrypt(key: Uint8Array, nonce: Uint8Array, bound: Uint8Array, plain: Uint8Array, target: Buffer, at: number): void;
  /** null when ciphertext, nonce, `bound` or key are not those of `encrypt`. */
  decrypt(key: Uint8Array, nonce: Uint8Array, bound: Uint8Array, sealed: Uint8Array): Uint8Array | null;
  /** A number from 0 to 2^32-1 that distinguishes keys and reveals nothing about them. */
  keyId(key: Uint8Array): number;
}

const ALGORITHM = "aes-256-gcm";

/** AES-256-GCM by OpenSSL. Synchronous: a small record costs less than handing it to another thread. */
export const aesGcm: RecordCipher = {
  encrypt(key, nonce, bound, plain, target, at) {
    const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(bound);
    const body = cipher.update(plain);
    target.set(body, at);
    target.set(cipher.final(), at + body.length);
    target.set(cipher.getAuthTag(), at + plain.length);
  },
  decrypt(key, nonce, bound, sealed) {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(bound);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return plain;
  },
  keyId: (key) => createHash("sha256").update("swarm raft data key").update(key).digest().readUInt32BE(0),
};
