/** What resolving an image needs of the outside world besides skopeo. */

export interface HttpQuestion {
  readonly url: string;
  readonly method: "GET" | "HEAD";
  readonly headers: Readonly<Record<string, string>>;
  /** Accept a certificate that cannot be verified. */
  readonly insecure: boolean;
  /** From now until the whole answer is there. */
  readonly timeoutMs: number;
  /** Largest body. */
  readonly bytesMax: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Several of one name are joined by commas; "" when there is none. */
  readonly header: (name: string) => string;
  readonly body: Buffer;
}

export interface RegistryHttp {
  /** Follows no redirects. @throws Error when there is no whole answer in time. */
  ask(question: HttpQuestion): Promise<HttpAnswer>;
}

/** This host's configuration for registries, read anew each time: it may change while the daemon runs. */
export interface RegistryFiles {
  /** containers-registries.conf(5), the main file first. @throws SwarmError failedPrecondition: not readable. */
  conf(): readonly { readonly path: string; readonly text: string }[];
  /** containers-auth.json(5), in the order in which they count. */
  credentials(): readonly string[];
  /** Whether a registry has certificates of its own here, or everything goes through a proxy: only skopeo knows how. */
  isSpecial(registry: string): boolean;
}
