import { DEFAULT_REGISTRY, type ImageReference } from "../image-reference.ts";
import { jsonObject } from "../json.ts";

/** What our own client may show to a registry. */
export type Credentials =
  | { readonly kind: "none" }
  /** The value of a Basic Authorization header. */
  | { readonly kind: "basic"; readonly encoded: string }
  /** A token that renews itself, or something that cannot be read: skopeo's business. */
  | { readonly kind: "notOurs" };

/** Who somebody is to a registry. */
export interface RegistryUser {
  /** HOST[:PORT][/PATH], as the file has it. */
  readonly key: string;
  readonly username: string;
  readonly password: string;
  /** Instead of a password; "" = none. */
  readonly identityToken: string;
}

/** What files say about signing in. */
export type Said =
  | { readonly kind: "none" }
  | { readonly kind: "user"; readonly user: RegistryUser }
  /** The program `docker-credential-NAME` knows, under the name `server`. */
  | { readonly kind: "helper"; readonly name: string; readonly server: string }
  | { readonly kind: "unreadable" };

type Fields = Readonly<Record<string, unknown>>;

/** Under which programs of Docker keep the password of Docker Hub. */
const HUB_SERVER = "https://index.docker.io/v1/";

/**
 * What files of containers-auth.json(5), in order, say of an image; the first that says anything decides. Of one file,
 * a program for the registry counts before entries, of which the one for the longest part of the name does: HOST/a/b,
 * HOST/a, HOST.
 */
export function saidOf(image: ImageReference, files: readonly string[]): Said {
  for (const text of files) {
    const content = jsonObject(text);
    if (content === null) continue;
    const helper = helperOf(image, content);
    if (helper !== null) return helper;
    const found = entryOf(image, fieldsOf(content["auths"]));
    if (found === null) continue;
    const [key, { identitytoken: token, auth }] = found;
    const hasToken = typeof token === "string" && token !== "";
    if (!hasToken && (typeof auth !== "string" || auth === "")) continue;
    const { username, password } = decoded(typeof auth === "string" ? auth : "");
    if (hasToken) return { kind: "user", user: { key, username, password: "", identityToken: token } };
    return username === ""
      ? { kind: "unreadable" }
      : { kind: "user", user: { key, username, password, identityToken: "" } };
  }
  return { kind: "none" };
}

/** For our own client, which has no use for tokens that renew themselves. */
export function credentialsOf({ username, password, identityToken }: Omit<RegistryUser, "key">): Credentials {
  if (identityToken !== "") return { kind: "notOurs" };
  return { kind: "basic", encoded: encoded(username, password) };
}

/** As files and headers have it. */
export function encoded(username: string, password: string): string {
  return Buffer.from(`${username}:${password}`).toString("base64");
}

function helperOf({ registry }: ImageReference, content: Fields): Said | null {
  for (const [key, name] of Object.entries(fieldsOf(content["credHelpers"]))) {
    if (hostOf(key) === registry) return { kind: "helper", name: String(name), server: key };
  }
  const store = content["credsStore"];
  if (typeof store !== "string" || store === "") return null;
  return { kind: "helper", name: store, server: registry === DEFAULT_REGISTRY ? HUB_SERVER : registry };
}

function entryOf({ registry, path }: ImageReference, auths: Fields): readonly [key: string, Fields] | null {
  const parts = [registry, ...path.split("/")];
  for (let length = parts.length; length > 0; length--) {
    const key = parts.slice(0, length).join("/");
    if (Object.hasOwn(auths, key)) return [key, fieldsOf(auths[key])];
  }
  const legacy = Object.entries(auths).find(([key]) => hostOf(key) === registry);
  return legacy === undefined ? null : [registry, fieldsOf(legacy[1])];
}

/** Docker writes addresses into its file: https://index.docker.io/v1/. Without a scheme a path is part of the name. */
function hostOf(key: string): string {
  const host = /^https?:\/\/([^/]*)/.exec(key)?.[1] ?? key;
  return ["index.docker.io", "registry-1.docker.io"].includes(host) ? DEFAULT_REGISTRY : host;
}

/** A header takes no padding, line ends or NUL that a file may have. */
function decoded(auth: string): { readonly username: string; readonly password: string } {
  const [, username = "", password = ""] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(auth, "base64").toString()) ?? [];
  return { username, password: password.replace(/\0+$/, "") };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
