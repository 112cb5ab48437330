import type { ImageReference } from "../image-reference.ts";
import { unreachable } from "../invariant.ts";
import type { LoginSpec } from "../objects/types.ts";
import { type Credentials, credentialsOf, type RegistryUser, saidOf } from "./credentials.ts";
import { authFileFor, loginFor } from "./logins.ts";
import { parseRegistriesConf } from "./registries-conf.ts";
import type { CredentialPrograms, RegistryFiles } from "./registry-world.ts";

/** The helper that is no program: the file of credentials. */
const CREDENTIALS_FILE = "containers-auth.json";

/** What is shown to registries, asked anew each time: what was renewed counts for the next pull. */
export interface RegistryCredentials {
  /** @throws SwarmError when it cannot be found out, with registry and cause. */
  find(image: ImageReference): Promise<Credentials>;
  /** What skopeo is to read instead of this host's own files, for images in these places; null = those files. */
  authFile(images: readonly ImageReference[]): string | null;
  /** The same, but these logins count before all others. */
  with(logins: readonly LoginSpec[]): RegistryCredentials;
}

export interface CredentialParts {
  readonly files: RegistryFiles;
  readonly programs: CredentialPrograms;
  /** The swarm's login of exactly this name (shared/registry/login-names.ts), as it is now. */
  readonly loginOf: (name: string) => LoginSpec | undefined;
}

/** The swarm's logins count before this host's own files, and those as skopeo reads them. */
export class LoginsAndFiles implements RegistryCredentials {
  readonly #parts: CredentialParts;

  constructor(parts: CredentialParts) {
    this.#parts = parts;
  }

  async find(image: ImageReference): Promise<Credentials> {
    const { files, programs, loginOf } = this.#parts;
    const login = loginFor(image, loginOf);
    if (login !== null) return credentialsOf(login);
    const { credentialHelpers } = parseRegistriesConf(files.conf());
    if (credentialHelpers.some((helper) => helper !== CREDENTIALS_FILE)) return { kind: "notOurs" };
    const user = await userInFiles(image, files, programs);
    return user === null ? { kind: "none" } : user === "unreadable" ? { kind: "notOurs" } : credentialsOf(user);
  }

  with(logins: readonly LoginSpec[]): RegistryCredentials {
    const given = new Map(logins.map((login) => [login.annotations.name, login]));
    const { loginOf } = this.#parts;
    return new LoginsAndFiles({ ...this.#parts, loginOf: (name) => given.get(name) ?? loginOf(name) });
  }

  authFile(images: readonly ImageReference[]): string | null {
    const { files, loginOf } = this.#parts;
    const logins = images.map((image) => loginFor(image, loginOf)).filter((login) => login !== null);
    return authFileFor(logins, files.credentials());
  }
}

/**
 * Who the files of this host say we are, with the help of the programs they name; null = nobody.
 * @throws SwarmError when a program fails, with registry and cause.
 */
export async function userInFiles(
  image: ImageReference,
  files: Pick<RegistryFiles, "credentials">,
  programs: CredentialPrograms,
): Promise<RegistryUser | "unreadable" | null> {
  const said = saidOf(image, files.credentials());
  switch (said.kind) {
    case "none":
      return null;
    case "unreadable":
      return said.kind;
    case "user":
      return said.user;
    case "helper": {
      const answer = await programs.ask(said.name, said.server, image.registry);
      return answer === null ? null : { key: image.registry, ...answer };
    }
    default:
      return unreachable(said);
  }
}
