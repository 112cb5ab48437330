import { DEFAULT_REGISTRY, type ImageReference } from "../image-reference.ts";
import { jsonObject } from "../json.ts";

/** What the files say about signing in. */
export type Credentials =
  | { readonly kind: "none" }
  /** The value of a Basic Authorization header. */
  | { readonly kind: "basic"; readonly encoded: string }
  /** A helper program or a token that renews itself: skopeo's business. */
  | { readonly kind: "notOurs" };

type Fields = Readonly<Record<string, unknown>>;

/**
 * The credentials for an image from files of containers-auth.json(5), in order; the first that has any decides. Of one
 * file, the entry for the longest part of the name does: HOST/a/b, HOST/a, HOST.
 */
export function credentialsFor(image: ImageReference, files: readonly string[]): Credentials {
  for (const text of files) {
    const content = jsonObject(text);
    if (content === null) continue;
    // A store for all registries, or a helper for this one: what they say, only skopeo can find out.
    if (content["credsStore"] !== undefined || hasHelper(image, fieldsOf(content["credHelpers"]))) {
      return { kind: "notOurs" };
    }
    const found = entryOf(image, fieldsOf(content["auths"]));
    if (found === null) continue;
    if (typeof found["identitytoken"] === "string" && found["identitytoken"] !== "") return { kind: "notOurs" };
    if (typeof found["auth"] === "string" && found["auth"] !== "") return basicOf(found["auth"]);
  }
  return { kind: "none" };
}

function hasHelper({ registry }: ImageReference, helpers: Fields): boolean {
  return Object.keys(helpers).some((key) => hostOf(key) === registry);
}

function entryOf({ registry, path }: ImageReference, auths: Fields): Fields | null {
  const parts = [registry, ...path.split("/")];
  for (let length = parts.length; length > 0; length--) {
    const key = parts.slice(0, length).join("/");
    if (Object.hasOwn(auths, key)) return fieldsOf(auths[key]);
  }
  const [, legacy] = Object.entries(auths).find(([key]) => hostOf(key) === registry) ?? [];
  return legacy === undefined ? null : fieldsOf(legacy);
}

/** Docker writes addresses into its file: https://index.docker.io/v1/. Without a scheme a path is part of the name. */
function hostOf(key: string): string {
  const host = /^https?:\/\/([^/]*)/.exec(key)?.[1] ?? key;
  return ["index.docker.io", "registry-1.docker.io"].includes(host) ? DEFAULT_REGISTRY : host;
}

/** Written anew: the header takes no padding, line ends or NUL that a file may have. */
function basicOf(auth: string): Credentials {
  const [, user = "", password = ""] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(auth, "base64").toString()) ?? [];
  if (user === "") return { kind: "notOurs" };
  return { kind: "basic", encoded: Buffer.from(`${user}:${password.replace(/\0+$/, "")}`).toString("base64") };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
