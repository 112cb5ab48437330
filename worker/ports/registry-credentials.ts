import type { ImageReference } from "../../shared/image-reference.ts";
import { type Credentials, credentialsFor } from "../../shared/registry/credentials.ts";
import type { RegistryFiles } from "../../shared/registry/registry-world.ts";

/** What is shown to a registry, asked anew for each pull: a token that was renewed works for the next one. */
export interface RegistryCredentials {
  /** @throws SwarmError when it cannot be found out. */
  find(image: ImageReference): Promise<Credentials>;
}

/** What the host's own files say. */
export function credentialsOfFiles(files: RegistryFiles): RegistryCredentials {
  return { find: async (image) => credentialsFor(image, files.credentials()) };
}
