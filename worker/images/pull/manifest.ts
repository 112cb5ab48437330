import { SwarmError } from "../../../shared/errors.ts";
import { jsonObject } from "../../../shared/json.ts";
import { recordOf, stringOf } from "../image-config.ts";

/** A piece of an image as a registry keeps it. */
export interface Blob {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Bytes, as the manifest says. */
  readonly size: number;
}

export interface ImageManifest {
  readonly config: Blob;
  /** Lowest first. */
  readonly layers: readonly Blob[];
}

/** What an image must have been built for, in the words of manifests. */
export interface ImagePlatform {
  readonly os: string;
  /** amd64, arm64, arm, ... */
  readonly architecture: string;
  /** v7, v8, ...; "" = whichever this host prefers. */
  readonly variant: string;
}

export type Manifest =
  | { readonly kind: "image"; readonly image: ImageManifest }
  | { readonly kind: "list"; readonly entries: readonly ListEntry[] }
  /** Of a kind that only skopeo reads. */
  | { readonly kind: "foreign" };

export interface ListEntry extends Blob {
  readonly platform: ImagePlatform;
}

/** The kernel takes no more in one mount; Docker's own limit. */
export const LAYERS_MAX = 128;
/** Of what one pull may fetch. Nobody runs larger images, and a size that is a lie must not fill the disk. */
export const LAYER_BYTES_MAX = 1e12;
const CONFIG_BYTES_MAX = 1 << 20;
const DIGEST = /^sha256:[a-f0-9]{64}$/;

/** @throws SwarmError failedPrecondition when it is not a manifest that could be an image's. */
export function parseManifest(bytes: Buffer, image: string): Manifest {
  const manifest = jsonObject(bytes.toString());
  if (manifest === null) throw broken(image, "is no JSON object");
  if (Array.isArray(manifest["manifests"])) {
    return { kind: "list", entries: manifest["manifests"].map(recordOf).flatMap(listEntry) };
  }
  if (manifest["schemaVersion"] !== 2 || !Array.isArray(manifest["layers"])) return { kind: "foreign" };
  const layers = manifest["layers"].map(recordOf);
  // Layers of Windows, to be fetched from elsewhere.
  if (layers.some((layer) => Array.isArray(layer["urls"]) && layer["urls"].length > 0)) return { kind: "foreign" };
  if (layers.length > LAYERS_MAX) throw broken(image, `has ${layers.length} layers, but at most ${LAYERS_MAX} work`);
  const config = blobOf(recordOf(manifest["config"]), image, CONFIG_BYTES_MAX);
  return { kind: "image", image: { config, layers: layers.map((layer) => blobOf(layer, image, LAYER_BYTES_MAX)) } };
}

/** The entry for a platform, as skopeo would choose it; null = there is none. */
export function entryFor(entries: readonly ListEntry[], wanted: ImagePlatform): ListEntry | null {
  for (const variant of variantsOf(wanted)) {
    const found = entries.find(
      ({ platform }) =>
        platform.os === wanted.os && platform.architecture === wanted.architecture && platform.variant === variant,
    );
    if (found !== undefined) return found;
  }
  return null;
}

/** In the order in which they are preferred: newer processors run what was built for older ones. */
function variantsOf({ architecture, variant }: ImagePlatform): readonly string[] {
  const known: readonly string[] = architecture === "arm64" ? ["v8"] : architecture === "arm" ? ["v7", "v6", "v5"] : [];
  if (variant === "") return [...known, ""];
  const from = known.indexOf(variant);
  return from === -1 ? [variant] : [...known.slice(from), ""];
}

/** `linux/arm64/v8` or `linux/amd64`. @throws SwarmError invalidArgument. */
export function parsePlatform(text: string): ImagePlatform {
  const [os = "", architecture = "", variant = "", ...more] = text.toLowerCase().split("/");
  const words = [os, architecture, ...(variant === "" ? [] : [variant])];
  if (more.length > 0 || !words.every((word) => /^[a-z0-9_.-]+$/.test(word))) {
    throw new SwarmError(
      "invalidArgument",
      `invalid platform ${JSON.stringify(text)}: write OS/ARCHITECTURE[/VARIANT]`,
    );
  }
  return { os, architecture, variant };
}

/** What this host runs, from Node.js's word for it. */
export function platformOfHost(architecture: string): ImagePlatform {
  return { os: "linux", architecture: architecture === "x64" ? "amd64" : architecture, variant: "" };
}

/** What cannot be an image (an attestation, an odd digest) is no entry. */
function listEntry(entry: Readonly<Record<string, unknown>>): readonly ListEntry[] {
  const platform = recordOf(entry["platform"]);
  const digest = stringOf(entry["digest"]);
  if (!DIGEST.test(digest)) return [];
  const [os, architecture, variant] = ["os", "architecture", "variant"].map((key) => stringOf(platform[key]));
  const size = Number(entry["size"] ?? 0);
  return [{ digest, size, platform: { os: os ?? "", architecture: architecture ?? "", variant: variant ?? "" } }];
}

function blobOf(part: Readonly<Record<string, unknown>>, image: string, bytesMax: number): Blob {
  const digest = stringOf(part["digest"]);
  const size = part["size"];
  if (!DIGEST.test(digest)) throw broken(image, `names a part by ${JSON.stringify(digest.slice(0, 80))}`);
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0 || size > bytesMax) {
    throw broken(image, `says that ${digest.slice(0, 19)} has ${JSON.stringify(size)} bytes`);
  }
  return { digest, size };
}

function broken(image: string, why: string): SwarmError {
  return new SwarmError("failedPrecondition", `cannot pull ${image}: its manifest ${why}`);
}
