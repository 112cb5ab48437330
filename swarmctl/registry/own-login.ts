import { parseImageReference } from "../../shared/image-reference.ts";
import { userInFiles } from "../../shared/registry/find-credentials.ts";
import { parseLoginName } from "../../shared/registry/login-names.ts";
import { SystemRegistryFiles } from "../../shared/registry/ports/registry-files.ts";
import type { Cli } from "../cli.ts";

/**
 * `--with-registry-auth`: what this user shows to the registry of an image becomes the swarm's login there. Files of
 * Podman and Docker count, and the programs that they name are asked now. Not tried: the digest is looked up with it at
 * once. @throws SwarmError when a program fails.
 */
export async function giveOwnLogin(cli: Cli, image: string): Promise<void> {
  const reference = parseImageReference(image);
  const { HOME: home = "/root" } = cli.environment;
  const files = new SystemRegistryFiles({ registriesConf: null, environment: cli.environment, home });
  // Late: what can start programs takes every `service create` milliseconds to load.
  const { systemCredentialPrograms } = await import("../../shared/registry/ports/credential-programs.ts");
  const user = await userInFiles(reference, files, systemCredentialPrograms);
  if (user === null || user === "unreadable") {
    cli.output.warn(
      `Warning: --with-registry-auth found no credentials for registry ${reference.registry} in this user's files: ` +
        "what the swarm knows of it stays",
    );
    return;
  }
  const { username, password, identityToken } = user;
  const annotations = { name: parseLoginName(user.key), labels: {} };
  const control = await cli.api.control();
  await control.setLogin(
    { spec: { annotations, username, password, identityToken }, verify: false },
    { signal: cli.signal },
  );
}
