import { createCipheriv, createDecipheriv } from "node:crypto";
import { invariant } from "../../../shared/invariant.ts";
import type { Keyring } from "./keyring.ts";
import { WireError } from "./wire-error.ts";

/** Version byte, nonce and tag: what sealing adds to a packet. */
export const SEAL_BYTES = 1 + 12 + 16;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BLOCK_BYTES = 16;
/** Version 0 pads the text to whole blocks (PKCS7); version 1 does not. Version 1 is sent. */
const PADDED = 0;
const UNPADDED = 1;

/**
 * Encrypts with AES-GCM: `[version][nonce 12][ciphertext][tag 16]`. `context` is authenticated but not sent here: the
 * cluster's label, and before it a stream frame's head. The nonce must be freshly random for each call.
 */
export function seal(plain: Uint8Array, key: Uint8Array, nonce: Uint8Array, context: Uint8Array): Uint8Array {
  invariant(nonce.length === NONCE_BYTES, "a nonce has 12 bytes");
  const cipher = createCipheriv(cipherOf(key), key, nonce);
  cipher.setAAD(context);
  return Buffer.concat([Uint8Array.of(UNPADDED), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Decrypts with whichever key fits. @throws WireError `wrongKey` when none does, `unsupported` for another version. */
export function unseal(sealed: Uint8Array, keyring: Keyring, context: Uint8Array): Uint8Array {
  const version = sealed[0];
  if (version !== PADDED && version !== UNPADDED) throw new WireError("unsupported", "unknown version of encryption");
  if (sealed.length < SEAL_BYTES) throw new WireError("truncated", "an encrypted frame ends too early");
  for (const key of keyring.keys) {
    const plain = tryKey(sealed, key, context);
    if (plain !== null) return version === PADDED ? withoutPadding(plain) : plain;
  }
  throw new WireError("wrongKey", "no key of ours opens it");
}

function tryKey(sealed: Uint8Array, key: Uint8Array, context: Uint8Array): Uint8Array | null {
  const tagFrom = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(cipherOf(key), key, sealed.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(tagFrom));
  const plain = decipher.update(sealed.subarray(1 + NONCE_BYTES, tagFrom));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    return null;
  }
}

function withoutPadding(plain: Uint8Array): Uint8Array {
  const padding = plain.at(-1) ?? 0;
  if (padding < 1 || padding > BLOCK_BYTES || padding > plain.length) throw new WireError("malformed", "bad padding");
  return plain.subarray(0, plain.length - padding);
}

function cipherOf(key: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  switch (key.length) {
    case 16:
      return "aes-128-gcm";
    case 24:
      return "aes-192-gcm";
    default:
      invariant(key.length === 32, () => `a gossip key has 16, 24 or 32 bytes, not ${key.length}`);
      return "aes-256-gcm";
  }
}
