import { SwarmError } from "../shared/errors.ts";
import { jsonObject } from "../shared/json.ts";
import { parseLoginName } from "../shared/registry/login-names.ts";
import type { LoginSpec } from "../shared/rpc/gen/objects.ts";

/**
 * The login that X-Registry-Auth carries: JSON in base64url. null = it names nobody.
 * @param registry whose image it is for, when the header does not say
 * @throws SwarmError invalidArgument for a header that cannot be read.
 */
export function readRegistryAuth(header: string, registry: string): LoginSpec | null {
  if (header === "") return null;
  const json = jsonObject(Buffer.from(header, "base64url").toString());
  if (json === null)
    throw new SwarmError("invalidArgument", "invalid X-Registry-Auth header: it is no JSON in base64url");
  const text = (name: string): string => (typeof json[name] === "string" ? (json[name] as string) : "");
  const [username, password] = text("auth") === "" ? [text("username"), text("password")] : pairOf(text("auth"));
  const identityToken = text("identitytoken");
  if (username === "" && identityToken === "") return null;
  const name = parseLoginName(text("serveraddress") || registry);
  return { annotations: { name, labels: {} }, username, password: identityToken === "" ? password : "", identityToken };
}

function pairOf(auth: string): readonly [string, string] {
  const [username = "", ...rest] = Buffer.from(auth, "base64").toString().split(":");
  return [username, rest.join(":")];
}
