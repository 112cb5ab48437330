import { webcrypto } from "node:crypto";

/** The one kind of key in the cluster: ECDSA on P-256 with SHA-256, which every TLS 1.3 peer can use. */
export const KEY_ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** Where keys and signatures come from. */
export interface CryptoEngine {
  /** What @peculiar/x509 uses to sign and to draw serial numbers. */
  readonly webcrypto: Crypto;
  generateKeyPair(): Promise<KeyPair>;
  /** PKCS#8 in PEM. */
  exportKey(key: CryptoKey): Promise<string>;
  /** @throws when `pem` is not a P-256 key in PKCS#8. */
  importKey(pem: string): Promise<CryptoKey>;
}

const { subtle } = webcrypto;

/** Node's own cryptography (OpenSSL). */
export const systemCrypto: CryptoEngine = {
  // Node's declarations and the DOM's describe the same object in slightly different words.
  webcrypto: webcrypto as unknown as Crypto,
  generateKeyPair: async () =>
    (await subtle.generateKey(KEY_ALGORITHM, true, ["sign", "verify"])) as unknown as KeyPair,
  exportKey: async (key) => {
    const bytes = Buffer.from(await subtle.exportKey("pkcs8", key as webcrypto.CryptoKey));
    const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
    return `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
  },
  importKey: async (pem) => {
    const base64 = pem.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, "");
    const key = await subtle.importKey("pkcs8", Buffer.from(base64, "base64"), KEY_ALGORITHM, true, ["sign"]);
    return key as unknown as CryptoKey;
  },
};
