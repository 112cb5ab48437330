import { SwarmError } from "../errors.ts";
import { DEFAULT_REGISTRY, type ImageReference, parseImageReference } from "../image-reference.ts";
import { quoted } from "../spec-checks/refuse.ts";

/** Docker's own ways to write Docker Hub. */
const HUB: ReadonlySet<string> = new Set(["", DEFAULT_REGISTRY, "index.docker.io", "registry-1.docker.io"]);

/** Names of the logins that would be for an image, the one that counts first: HOST/a/b, HOST/a, HOST. */
export function loginNamesFor({ registry, path }: Pick<ImageReference, "registry" | "path">): readonly string[] {
  const parts = path.split("/");
  return [...parts.keys(), parts.length].reverse().map((length) => [registry, ...parts.slice(0, length)].join("/"));
}

/** The same for the text of an image's name; none when it is not one. */
export function loginNamesForText(image: string): readonly string[] {
  try {
    return loginNamesFor(parseImageReference(image));
  } catch (error) {
    if (error instanceof SwarmError) return [];
    throw error;
  }
}

/**
 * The name of a login, from what people and Docker's files write: HOST[:PORT][/PATH], https://HOST/v1/, "" for Docker
 * Hub. @throws SwarmError invalidArgument with a sentence that quotes the text.
 */
export function parseLoginName(text: string): string {
  const isAddress = /^https?:\/\//i.test(text);
  const bare = text.replace(/^https?:\/\//i, "").replace(/\/+$/, "");
  const [host = "", ...path] = bare.split("/");
  // The path of an address is that of an API, such as v1; that of a bare name is a part of the registry.
  const scope = isAddress ? [] : path;
  const registry = HUB.has(host.toLowerCase()) ? DEFAULT_REGISTRY : host.toLowerCase();
  try {
    const { path: parsed } = parseImageReference([registry, ...scope, "x/x"].join("/"));
    return [registry, ...parsed.split("/").slice(0, -2)].join("/");
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const sentence = `invalid registry ${quoted(text)}: expected HOST[:PORT] or HOST[:PORT]/PATH`;
    throw new SwarmError("invalidArgument", sentence, { cause: error });
  }
}

/** The host of a login's name, and the path within it, "" for all of the registry. */
export function splitLoginName(name: string): { readonly registry: string; readonly path: string } {
  const slash = name.indexOf("/");
  return slash === -1 ? { registry: name, path: "" } : { registry: name.slice(0, slash), path: name.slice(slash + 1) };
}
