/**
 * The cluster's gossip keys as they are now. Everybody sends with the primary and reads with any, so keys are changed
 * without a pause: add the new one everywhere, then make it primary everywhere, then drop the old one.
 */
export interface Keyring {
  /** Of 16, 24 or 32 bytes; null = this cluster gossips unencrypted, or does so until everybody has the keys. */
  readonly primary: Uint8Array | null;
  /** All keys to read with, including the primary, likeliest first. */
  readonly keys: readonly Uint8Array[];
}

/** For a cluster without encryption. */
export const noKeys: Keyring = { primary: null, keys: [] };
