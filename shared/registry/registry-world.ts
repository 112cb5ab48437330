/** What talking to registries needs of the outside world besides skopeo. */

export interface HttpQuestion {
  readonly url: string;
  readonly method: "GET" | "HEAD";
  readonly headers: Readonly<Record<string, string>>;
  /** Accept a certificate that cannot be verified. */
  readonly insecure: boolean;
  /** What this host has for the registry in particular; absent or null = nothing. */
  readonly certificates?: RegistryCertificates | null;
  /** From now until the whole answer is there, or where it is opened, its headers; waiting for a connection counts. */
  readonly timeoutMs: number;
  /** Largest body. Does not count where the answer is opened. */
  readonly bytesMax: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Several of one name are joined by commas; "" when there is none. */
  readonly header: (name: string) => string;
  readonly body: Buffer;
}

/** An answer whose body is read as it comes. Disposing it leaves the body: else the connection is never free again. */
export interface HttpStream extends Disposable {
  readonly status: number;
  readonly header: HttpAnswer["header"];
  /**
   * The body's bytes; leaving the loop closes the connection. @throws Error when it breaks off, or when nothing comes
   * for BODY_SILENCE_MS.
   */
  readonly body: AsyncIterable<Buffer>;
}

/** A registry, or the way to it, that sends nothing for so long has failed. */
export const BODY_SILENCE_MS = 30_000;

export interface RegistryHttp {
  /** Follows no redirects. @throws Error when there is no whole answer in time. */
  ask(question: HttpQuestion): Promise<HttpAnswer>;
  /** The same, but the body is not waited for. The caller reads it or disposes the stream; either ends it. */
  open(question: HttpQuestion): Promise<HttpStream>;
}

/** From a registry's folder of containers-certs.d(5), in PEM. */
export interface RegistryCertificates {
  /** Trusted beside the system's. */
  readonly ca: readonly string[];
  /** What this host shows; null = nothing. */
  readonly client: { readonly cert: string; readonly key: string } | null;
}

/** Who a credential helper says we are. */
export interface HelperAnswer {
  readonly username: string;
  readonly password: string;
  /** Instead of a password; "" = none. */
  readonly identityToken: string;
}

/** Whoever waits for an image waits for such a program first. */
export const HELPER_TIMEOUT_MS = 10_000;

/** Programs of this host that know passwords. */
export interface CredentialPrograms {
  /**
   * What `docker-credential-NAME` says about a server; null = it knows none. `registry`: for sentences.
   * @throws SwarmError failedPrecondition, with registry and cause, when it fails or takes longer than
   * HELPER_TIMEOUT_MS.
   */
  ask(name: string, server: string, registry: string): Promise<HelperAnswer | null>;
}

/** This host's configuration for registries, read anew each time: it may change while the daemon runs. */
export interface RegistryFiles {
  /** containers-registries.conf(5), the main file first. @throws SwarmError failedPrecondition: not readable. */
  conf(): readonly { readonly path: string; readonly text: string }[];
  /** containers-auth.json(5), in the order in which they count. */
  credentials(): readonly string[];
  /** What counts for a registry alone; null = nothing. @throws SwarmError failedPrecondition: not readable. */
  certificates(registry: string): RegistryCertificates | null;
  /** Whether everything goes through a proxy: only skopeo knows how. */
  isSpecial(registry: string): boolean;
}
