import { SwarmError } from "../../shared/errors.ts";
import { parseImageReference, toFullText, toShortText, withDefaultTag } from "../../shared/image-reference.ts";
import { jsonObject } from "../../shared/json.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { recordOf, stringOf } from "./image-config.ts";
import {
  bigDataFile,
  findImage,
  IMAGE_ID,
  layersOf,
  parseImages,
  parseLayers,
  type StoreImage,
  type StoreLayer,
} from "./parse-store.ts";
import { storeName } from "./pull-command.ts";

/** An image of the store with what its configuration says of its making. */
export interface CatalogImage {
  readonly image: StoreImage;
  /** Topmost first; empty when a layer is missing. */
  readonly layers: readonly StoreLayer[];
  /** Unix milliseconds; 0 = it does not say. */
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Each step of its making as one text, oldest first. */
  readonly history: readonly string[];
}

export interface Catalog {
  readonly images: readonly CatalogImage[];
  readonly layers: ReadonlyMap<string, StoreLayer>;
}

const CONFIG_BYTES_MAX = 1 << 20;

type Made = Pick<CatalogImage, "createdAtMs" | "labels" | "history">;

/** Reads the whole store. Configurations never change, so each is read once. */
export class CatalogReader {
  readonly #storeRoot: string;
  readonly #files: HostFiles;
  #known = new Map<string, Made>();

  constructor(storeRoot: string, files: HostFiles) {
    this.#storeRoot = storeRoot;
    this.#files = files;
  }

  async read(): Promise<Catalog> {
    const [imagesText, layersText] = await Promise.all([
      this.#files.readText(`${this.#storeRoot}/overlay-images/images.json`),
      this.#files.readText(`${this.#storeRoot}/overlay-layers/layers.json`),
    ]);
    const layers = parseLayers(layersText ?? "[]");
    const images = await Promise.all(
      parseImages(imagesText ?? "[]").map(async (image): Promise<CatalogImage> => {
        const chain = (layersOf(image, layers) ?? []).flatMap((id) => layers.get(id) ?? []);
        return { image, layers: chain, ...(await this.#made(image)) };
      }),
    );
    const ids = new Set(images.map(({ image }) => image.id));
    this.#known = new Map([...this.#known].filter(([id]) => ids.has(id)));
    return { images, layers };
  }

  /** The bytes of an image's configuration or manifest; empty where it has none. */
  async readPart(image: StoreImage, key: string): Promise<Buffer> {
    if (key === "") return Buffer.alloc(0);
    const path = `${this.#storeRoot}/overlay-images/${image.id}/${bigDataFile(key)}`;
    return Buffer.from((await this.#files.readText(path, CONFIG_BYTES_MAX)) ?? "");
  }

  async #made(image: StoreImage): Promise<Made> {
    const known = this.#known.get(image.id);
    if (known !== undefined) return known;
    const made = madeOf(await this.readPart(image, image.configKey).catch(() => Buffer.alloc(0)));
    this.#known.set(image.id, made);
    return made;
  }
}

function madeOf(config: Buffer): Made {
  const content = jsonObject(config.toString()) ?? {};
  const created = Date.parse(stringOf(content["created"]));
  const labels = Object.entries(recordOf(recordOf(content["config"])["Labels"]));
  const history = Array.isArray(content["history"]) ? content["history"] : [];
  return {
    createdAtMs: Number.isNaN(created) ? 0 : created,
    labels: Object.fromEntries(labels.map(([key, value]) => [key, String(value)])),
    history: history.map((step) => JSON.stringify(step)),
  };
}

/**
 * The image that a person means: by its name, its digest, its id or a unique beginning of that.
 * @throws SwarmError notFound, or invalidArgument when it could be several.
 */
export function lookUp({ images }: Catalog, ref: string): CatalogImage {
  const named = byName(images, ref);
  if (named !== null) return named;
  const [, prefix] = IMAGE_ID.exec(ref) ?? [];
  const found = prefix === undefined ? [] : images.filter(({ image }) => image.id.startsWith(prefix));
  if (found.length > 1) {
    throw new SwarmError("invalidArgument", `${ref} is the beginning of the ids of ${found.length} images`);
  }
  if (found[0] === undefined) throw new SwarmError("notFound", `No such image: ${ref}`);
  return found[0];
}

function byName(images: readonly CatalogImage[], ref: string): CatalogImage | null {
  let reference: ReturnType<typeof parseImageReference>;
  try {
    reference = withDefaultTag(parseImageReference(ref));
  } catch {
    return null;
  }
  const wanted = findImage(
    images.map(({ image }) => image),
    storeName(reference),
    reference.digest,
  );
  return images.find(({ image }) => image === wanted) ?? null;
}

/** The full name by which a reference names this image; null = it says its id. */
export function nameMeant({ image }: CatalogImage, ref: string): string | null {
  if (IMAGE_ID.test(ref) && !image.names.includes(fullName(ref) ?? "")) return null;
  const name = fullName(ref);
  return name !== null && image.names.includes(name) ? name : null;
}

function fullName(ref: string): string | null {
  try {
    return storeName(withDefaultTag(parseImageReference(ref)));
  } catch {
    return null;
  }
}

/** NAME:TAG as people write them. */
export function tagsOf({ image }: CatalogImage): readonly string[] {
  return image.names.filter((name) => !name.includes("@")).map(shortName);
}

/** NAME@DIGEST, for each repository that it has a name in. */
export function digestsOf({ image }: CatalogImage): readonly string[] {
  const [digest] = image.digests;
  const own = image.names.filter((name) => name.includes("@")).map(shortName);
  if (digest === undefined) return own;
  const repositories = image.names.map((name) => toFullText({ ...parseImageReference(name), tag: null, digest }));
  return [...new Set([...own, ...repositories.map(shortName)])];
}

export function shortName(name: string): string {
  return toShortText(parseImageReference(name));
}

export function bytesOf({ layers }: CatalogImage): number {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** By image id, the id of the image it was built upon, as far as this host has that. */
export function parentsOf({ images }: Catalog): ReadonlyMap<string, string> {
  const byHistory = new Map<string, CatalogImage[]>();
  for (const each of images) {
    if (each.history.length === 0) continue;
    const key = each.history.join("\n");
    byHistory.set(key, [...(byHistory.get(key) ?? []), each]);
  }
  const parents = new Map<string, string>();
  for (const child of images) {
    const layers = new Set(child.layers.map(({ id }) => id));
    for (let length = child.history.length - 1; length > 0; length--) {
      const candidates = byHistory.get(child.history.slice(0, length).join("\n")) ?? [];
      const parent = candidates.find(({ image }) => image.topLayer === "" || layers.has(image.topLayer));
      if (parent === undefined) continue;
      parents.set(child.image.id, parent.image.id);
      break;
    }
  }
  return parents;
}
