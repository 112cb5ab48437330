/** What one end of a TLS connection proves itself with, and whom it trusts. */
export interface TlsMaterial {
  /** PEM of the trusted root certificates; more than one while the root is being replaced. */
  readonly rootCa: string;
  /** Peers must be of this cluster; null before a host knows which one it joins. */
  readonly clusterId: string | null;
  /** This host's own certificate and its private key (PEM); null before it has one. */
  readonly node: { readonly certificate: string; readonly key: string } | null;
}

/**
 * The one place a process keeps its TLS material. Servers and clients take this object and follow its rotations:
 * a new certificate is used for every connection made after `rotate`, with nothing restarted.
 */
export class TlsCredentials {
  #material: TlsMaterial;
  readonly #listeners = new Set<() => void>();

  constructor(material: TlsMaterial) {
    this.#material = material;
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  rotate(material: TlsMaterial): void {
    this.#material = material;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Called synchronously after each rotation, until disposed. */
  onRotate(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}
