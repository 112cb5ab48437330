import type { ImageReference } from "../../shared/image-reference.ts";
import type { RegistryCredentials } from "../../shared/registry/find-credentials.ts";
import type { HostFiles } from "../ports/host-files.ts";

/** While it exists, skopeo may read it. */
export interface AuthFile extends AsyncDisposable {
  /** "" = skopeo reads the host's own files. */
  readonly path: string;
}

/**
 * Tells skopeo the swarm's logins: by a file in memory for root alone, gone when skopeo has ended. No command line and
 * no environment holds a password.
 */
export class AuthFiles {
  readonly #directory: string;
  readonly #files: HostFiles;
  readonly #credentials: RegistryCredentials;
  #made = 0;

  private constructor(directory: string, files: HostFiles, credentials: RegistryCredentials) {
    this.#directory = directory;
    this.#files = files;
    this.#credentials = credentials;
  }

  /** `directory`: below the run directory. What a daemon left there that was killed is removed. */
  static async open(directory: string, files: HostFiles, credentials: RegistryCredentials): Promise<AuthFiles> {
    await files.remove(directory);
    return new AuthFiles(directory, files, credentials);
  }

  /** `credentials`: instead of the usual ones. */
  async write(images: readonly ImageReference[], credentials?: RegistryCredentials): Promise<AuthFile> {
    const text = (credentials ?? this.#credentials).authFile(images);
    if (text === null) return { path: "", [Symbol.asyncDispose]: async () => {} };
    await this.#files.makeDirectory(this.#directory, 0o700);
    const path = `${this.#directory}/${++this.#made}.json`;
    await this.#files.writeBytes(path, Buffer.from(text), { uid: 0, gid: 0, mode: 0o600 });
    return { path, [Symbol.asyncDispose]: () => this.#files.remove(path) };
  }
}
