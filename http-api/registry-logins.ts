import { SwarmError } from "../shared/errors.ts";
import type { RegistryLogin } from "../shared/rpc/gen/images.ts";
import type { Call } from "./route.ts";

/** What a caller shows to the registry of one image (`X-Registry-Auth`); null = nothing. @throws SwarmError */
export function loginFor(call: Pick<Call, "header">, registry: string): RegistryLogin | null {
  const said = decoded(call.header("x-registry-auth"), "X-Registry-Auth");
  return said === null ? null : loginOf(said, registry);
}

/** What a caller has for registries in general (`X-Registry-Config`). @throws SwarmError invalidArgument. */
export function loginsFor(call: Pick<Call, "header">): readonly RegistryLogin[] {
  const said = decoded(call.header("x-registry-config"), "X-Registry-Config") ?? {};
  return Object.entries(said).flatMap(([registry, value]) => loginOf(recordOf(value), registry) ?? []);
}

/** A login as Docker's JSON has it; null where it says nothing. */
export function loginOf(said: Readonly<Record<string, unknown>>, registry: string): RegistryLogin | null {
  const text = (key: string): string => (typeof said[key] === "string" ? said[key] : "");
  if (text("registrytoken") !== "") {
    throw new SwarmError("unimplemented", "a registrytoken is not offered: show a password or an identity token");
  }
  const [, user = "", secret = ""] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(text("auth"), "base64").toString()) ?? [];
  const username = text("username") || user;
  const identityToken = text("identitytoken");
  if (username === "" && identityToken === "") return null;
  return { registry, username, password: text("password") || secret, identityToken };
}

/** base64url with or without padding, or plain base64. */
function decoded(header: string, name: string): Readonly<Record<string, unknown>> | null {
  if (header === "") return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(header, "base64url").toString());
    if (value === null) return null;
    if (typeof value === "object" && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Said below, without what it contained.
  }
  throw new SwarmError("invalidArgument", `invalid ${name} header: it must be a JSON object, encoded as base64url`);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
