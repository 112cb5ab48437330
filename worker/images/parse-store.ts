import { SwarmError } from "../../shared/errors.ts";
import { recordOf, stringOf, stringsOf } from "./image-config.ts";

/** An image as containers/storage lists it in overlay-images/images.json. */
export interface StoreImage {
  /** Hexadecimal digest of its configuration, for images from registries. */
  readonly id: string;
  /** Full references that name it: docker.io/library/nginx:latest, docker.io/library/nginx@sha256:... */
  readonly names: readonly string[];
  /** Of its manifest, and of the list the manifest was chosen from. */
  readonly digests: readonly string[];
  /** Id of its topmost layer; "" = it has no layers. */
  readonly topLayer: string;
  /** Key of its configuration among the image's files. */
  readonly configKey: string;
  /** Key of its manifest for its platform; "" = it has none. */
  readonly manifestKey: string;
  /** When it was made or came here, Unix milliseconds; 0 = not known. */
  readonly storedAtMs: number;
}

/** A layer as listed in overlay-layers/layers.json. */
export interface StoreLayer {
  readonly id: string;
  /** "" = the lowest one. */
  readonly parent: string;
  /** Bytes of its files; 0 = not known. */
  readonly bytes: number;
  /** Digest of its archive as a registry sent it; "" = it came from none. */
  readonly compressedDigest: string;
  /** Digest of the same archive unpacked, as the store reckoned it; "" = not known. */
  readonly diffDigest: string;
}

/** Docker's own limit; the kernel takes 500. */
const LAYERS_MAX = 128;
const MANIFEST_KEY = /^manifest-(sha(?:256|384|512):[0-9a-f]+)$/i;
const MANIFEST_KEY_OLD = /^manifest-(sha256)-([0-9a-f]+)$/i;

/** Ids become parts of paths and mount options. containers/storage makes them of hexadecimal digits. */
const PLAIN = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/;

/**
 * Whether a text from the store, an id or a layer's short name, is one word without special meaning in a path or
 * option.
 */
export function isPlainName(text: string): boolean {
  return PLAIN.test(text);
}

/** The id of an image, or its beginning; what people shorten to fewer characters is as likely a name. */
export const IMAGE_ID = /^(?:sha256:)?([0-9a-f]{2,64})$/;

/** Reads overlay-images/images.json. @throws SwarmError internal when it is not what containers/storage writes. */
export function parseImages(text: string): readonly StoreImage[] {
  return parseList(text, "images.json").flatMap((entry) => {
    const keys = stringsOf(entry["big-data-names"]);
    const id = stringOf(entry["id"]);
    if (!isPlainName(id)) return [];
    const digests = keys.flatMap((key) => {
      const digest = MANIFEST_KEY.exec(key)?.[1] ?? MANIFEST_KEY_OLD.exec(key)?.slice(1).join(":");
      return digest === undefined ? [] : [digest];
    });
    const own = stringOf(entry["digest"]);
    const image: StoreImage = {
      id,
      names: stringsOf(entry["names"]),
      digests: [...new Set(own === "" ? digests : [own, ...digests])],
      topLayer: stringOf(entry["layer"]),
      configKey: keys.find((key) => key === `sha256:${id}`) ?? keys.find((key) => /^sha\d+:/.test(key)) ?? "",
      manifestKey: keys.includes("manifest") ? "manifest" : (keys.find((key) => MANIFEST_KEY.test(key)) ?? ""),
      storedAtMs: timeOf(entry["created"]),
    };
    return [image];
  });
}

/** Reads overlay-layers/layers.json. @throws SwarmError internal when it is not what containers/storage writes. */
export function parseLayers(text: string): ReadonlyMap<string, StoreLayer> {
  const layers = parseList(text, "layers.json").flatMap((entry): [string, StoreLayer][] => {
    // A layer whose writing was cut short is listed as incomplete until the next writer removes it.
    if (recordOf(entry["flags"])["incomplete"] === true) return [];
    const id = stringOf(entry["id"]);
    if (!isPlainName(id)) return [];
    const bytes = Number(entry["diff-size"] ?? 0);
    const compressedDigest = stringOf(entry["compressed-diff-digest"]);
    const diffDigest = stringOf(entry["diff-digest"]);
    return [[id, { id, parent: stringOf(entry["parent"]), bytes, compressedDigest, diffDigest }]];
  });
  return new Map(layers);
}

/** Ids of an image's layers, topmost first as overlayfs wants them; null = one is missing. */
export function layersOf(image: StoreImage, layers: ReadonlyMap<string, StoreLayer>): readonly string[] | null {
  const chain: string[] = [];
  for (let id = image.topLayer; id !== ""; ) {
    const layer = layers.get(id);
    if (layer === undefined || chain.length === LAYERS_MAX) return null;
    chain.push(id);
    id = layer.parent;
  }
  return chain;
}

/** The file that holds one of an image's named pieces: plain where the name is, else "=" and base64 of the name. */
export function bigDataFile(key: string): string {
  const isPlain = /^[a-zA-Z0-9_.-]+$/.test(key) && !key.startsWith(".");
  return isPlain ? key : `=${Buffer.from(key).toString("base64")}`;
}

/** The image with this full name, or whose manifest (or list) has the digest in it. */
export function findImage(images: readonly StoreImage[], name: string, digest: string | null): StoreImage | null {
  if (digest === null) return images.find((image) => image.names.includes(name)) ?? null;
  return images.find((image) => image.digests.includes(digest) || image.names.includes(name)) ?? null;
}

function timeOf(value: unknown): number {
  const ms = Date.parse(stringOf(value));
  return Number.isNaN(ms) ? 0 : ms;
}

function parseList(text: string, file: string): readonly Readonly<Record<string, unknown>>[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SwarmError("internal", `the image store's ${file} is broken`, { cause: error });
  }
  if (!Array.isArray(value)) throw new SwarmError("internal", `the image store's ${file} is not a list`);
  return value.map(recordOf);
}
