import { SwarmError } from "../../../shared/errors.ts";
import { type ImageReference, parseImageReference } from "../../../shared/image-reference.ts";
import type { LoginSpec } from "../../../shared/objects/types.ts";
import type { RegistryCredentials } from "../../../shared/registry/find-credentials.ts";
import { RegistryLoginCheck } from "../../../shared/registry/login-check.ts";
import { parseLoginName } from "../../../shared/registry/login-names.ts";
import type { RegistryLogin } from "../../../shared/rpc/gen/images.ts";
import type { Instruction } from "./dockerfile.ts";
import type { ImageServiceParts } from "./image-parts.ts";

/** A command line's whole collection of logins comes with a build. */
const LOGINS_MAX = 100;
/** Of a password or token. */
const SECRET_CHARACTERS_MAX = 64 << 10;

/** What is shown to registries for one call: its own logins first. @throws SwarmError invalidArgument. */
export function credentialsWith(
  { credentials }: Pick<ImageServiceParts, "credentials">,
  logins: readonly RegistryLogin[],
): RegistryCredentials {
  if (logins.length > LOGINS_MAX) throw new SwarmError("invalidArgument", `at most ${LOGINS_MAX} logins for one call`);
  const specs = logins.map(specOf).filter(({ username, identityToken }) => username !== "" || identityToken !== "");
  return specs.length === 0 ? credentials : credentials.with(specs);
}

/** Asks the registry whether it takes a login. @throws SwarmError permissionDenied when it does not. */
export async function checkLogin(
  { http, registryFiles, clock }: Pick<ImageServiceParts, "http" | "registryFiles" | "clock">,
  login: RegistryLogin | null,
  signal: AbortSignal,
): Promise<Record<string, never>> {
  if (login === null || login.username === "" || login.identityToken !== "") {
    throw new SwarmError("invalidArgument", "a login to try has a username and a password: a token cannot be tried");
  }
  await new RegistryLoginCheck({ http, files: registryFiles, clock }).check(specOf(login), signal);
  return {};
}

/** The images, as far as they can be known before, whose registries a build will ask. */
export function imagesAsked(
  instructions: readonly Instruction[],
  logins: readonly RegistryLogin[],
): readonly ImageReference[] {
  const named = instructions.flatMap(({ text }) => {
    const [, base] = /^from\s+(?:--\S+\s+)*(\S+)/i.exec(text) ?? /^(?:copy|add)\s.*--from=(\S+)/i.exec(text) ?? [];
    // One with a variable is known to the builder alone, and a stage's name does no harm.
    return base === undefined || base.includes("$") ? [] : [base];
  });
  const places = logins.map(({ registry }) => `${parseLoginName(registry)}/x`);
  return [...named, ...places].flatMap((name) => {
    try {
      return [parseImageReference(name)];
    } catch {
      return [];
    }
  });
}

function specOf({ registry, username, password, identityToken }: RegistryLogin): LoginSpec {
  if (password.length + identityToken.length > SECRET_CHARACTERS_MAX) {
    throw new SwarmError("invalidArgument", "a password or token for a registry is too long");
  }
  return { annotations: { name: parseLoginName(registry), labels: {} }, username, password, identityToken };
}
