import { SwarmError } from "./errors.ts";

/** An image as a registry knows it; the grammar of Docker's (and OCI's) references. */
export interface ImageReference {
  /** HOST[:PORT]; docker.io when the text names none. */
  readonly registry: string;
  /** Path in the registry; `library/nginx` for Docker's official images. */
  readonly path: string;
  /** null when neither tag nor digest was given, or only a digest. */
  readonly tag: string | null;
  /** `sha256:` and 64 hexadecimal digits, or sha384, sha512. */
  readonly digest: string | null;
}

export const DEFAULT_REGISTRY = "docker.io";
const OFFICIAL_PREFIX = "library/";
export const DEFAULT_TAG = "latest";
/** Registry and path together, as Docker limits them. */
const NAME_LENGTH_MAX = 255;

const HOST = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[a-f0-9:]+\])(?::[0-9]+)?$/i;
const PATH_PART = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/;
/** Docker refuses these as names, since they would be taken for image ids. */
const LOOKS_LIKE_ID = /^[a-f0-9]{64}$/;

/**
 * Reads NAME[:TAG][@DIGEST]. A first part with a dot, a port or "localhost" is a registry; otherwise docker.io is
 * meant.
 * @throws SwarmError invalidArgument with a sentence that quotes the text.
 */
export function parseImageReference(text: string): ImageReference {
  const { name, tag, digest } = splitReference(text);
  if (name === "") throw invalid(text, "the image name is empty");
  if (LOOKS_LIKE_ID.test(name)) throw invalid(text, "an image name cannot be 64 hexadecimal digits");
  const { registry, path } = splitName(name);
  if (!HOST.test(registry)) throw invalid(text, `${JSON.stringify(registry)} is not a registry host`);
  if (path !== path.toLowerCase()) throw invalid(text, "the image name must be lowercase");
  if (!path.split("/").every((part) => PATH_PART.test(part))) {
    throw invalid(text, "the image name may hold a-z, 0-9 and, between those, the separators . _ __ - /");
  }
  if (registry.length + 1 + path.length > NAME_LENGTH_MAX) {
    throw invalid(text, `the image name is longer than ${NAME_LENGTH_MAX} characters`);
  }
  if (tag !== null && !TAG.test(tag)) throw invalid(text, `${JSON.stringify(tag)} is not a tag`);
  if (digest !== null && !DIGEST.test(digest)) throw invalid(text, `${JSON.stringify(digest)} is not a digest`);
  return { registry, path, tag, digest };
}

/** With registry and path in full and without short forms: docker.io/library/nginx:latest. */
export function toFullText({ registry, path, tag, digest }: ImageReference): string {
  return `${registry}/${path}${tag === null ? "" : `:${tag}`}${digest === null ? "" : `@${digest}`}`;
}

/** As people write it: nginx:latest. */
export function toShortText(image: ImageReference): string {
  const text = toFullText(image);
  if (image.registry !== DEFAULT_REGISTRY) return text;
  const prefix = `${DEFAULT_REGISTRY}/${image.path.startsWith(OFFICIAL_PREFIX) ? OFFICIAL_PREFIX : ""}`;
  return text.slice(prefix.length);
}

/** The same image, with the default tag if it has neither tag nor digest. */
export function withDefaultTag(image: ImageReference): ImageReference {
  return image.tag === null && image.digest === null ? { ...image, tag: DEFAULT_TAG } : image;
}

function splitReference(text: string): { name: string; tag: string | null; digest: string | null } {
  const at = text.indexOf("@");
  const digest = at === -1 ? null : text.slice(at + 1);
  const tagged = at === -1 ? text : text.slice(0, at);
  const colon = tagged.lastIndexOf(":");
  // A colon before a slash belongs to a registry's port.
  if (colon === -1 || tagged.indexOf("/", colon) !== -1) return { name: tagged, tag: null, digest };
  return { name: tagged.slice(0, colon), tag: tagged.slice(colon + 1), digest };
}

function splitName(name: string): { registry: string; path: string } {
  const slash = name.indexOf("/");
  const first = slash === -1 ? "" : name.slice(0, slash);
  // A path cannot contain a capital letter, so Docker takes a first part with one for a host, too.
  if (/[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase()) {
    const registry = first === "index.docker.io" ? DEFAULT_REGISTRY : first;
    return { registry, path: officialPath(registry, name.slice(slash + 1)) };
  }
  return { registry: DEFAULT_REGISTRY, path: officialPath(DEFAULT_REGISTRY, name) };
}

function officialPath(registry: string, path: string): string {
  return registry === DEFAULT_REGISTRY && path !== "" && !path.includes("/") ? `${OFFICIAL_PREFIX}${path}` : path;
}

function invalid(text: string, why: string): SwarmError {
  return new SwarmError("invalidArgument", `invalid image reference ${JSON.stringify(text)}: ${why}`);
}
