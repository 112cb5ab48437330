/**
 * The images of images/recipes.json, written as the storage of a registry server: layers of Debian packages and files,
 * the same bytes from the same packages. Made once and kept; a changed recipe makes them again.
 */
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { withCacheLock } from "./cache-lock.ts";
import { buildLayer, type LayerRecipe } from "./layers.ts";
import { CACHE, ROOT } from "./names.ts";
import { say } from "./run.ts";

const RECIPES = join(ROOT, "images");
const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip";
/** Images have no creation date, or their digests would change with every build. */
const CREATED = "2000-01-01T00:00:00Z";
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

interface ImageRecipe {
  readonly name: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
}

interface Recipes {
  readonly layers: Readonly<Record<string, LayerRecipe>>;
  readonly images: readonly ImageRecipe[];
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Makes the images unless the cache has them. */
export async function ensureImages(): Promise<void> {
  if (!existsSync(storagePath())) await withCacheLock(makeImages);
}

async function makeImages(): Promise<void> {
  if (existsSync(storagePath())) return;
  say("building the lab's images (once)");
  const unfinished = join(CACHE, "unfinished");
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  await buildImages(join(unfinished, "registry"), join(unfinished, "work"));
  removeOldImages();
  renameSync(join(unfinished, "registry"), storagePath());
  rmSync(unfinished, { recursive: true });
  say("images are ready");
}

/** Copies rather than shares: what is pushed to the lab's registry must not outlive the lab. */
export async function stockRegistry(storage: string): Promise<void> {
  // Another checkout with other recipes removes old images as it makes its own.
  await withCacheLock(async () => {
    await makeImages();
    cpSync(storagePath(), storage, { recursive: true });
  });
}

/** All but the newest, so that two checkouts with different recipes do not keep rebuilding theirs in turn. */
function removeOldImages(): void {
  const madeAtMs = (name: string): number => statSync(join(CACHE, name)).mtimeMs;
  const old = readdirSync(CACHE).filter((name) => name.startsWith("registry-"));
  for (const name of old.sort((a, b) => madeAtMs(b) - madeAtMs(a)).slice(1))
    rmSync(join(CACHE, name), { recursive: true });
}

async function buildImages(storage: string, work: string): Promise<void> {
  const recipes = readRecipes();
  const layers = new Map<string, { readonly descriptor: Descriptor; readonly diffId: string }>();
  for (const [name, recipe] of Object.entries(recipes.layers)) {
    const tar = await buildLayer(recipe, join(RECIPES, recipe.files), join(work, name));
    const diffId = digestOf(tar);
    layers.set(name, { descriptor: putBlob(storage, LAYER_TYPE, gzipSync(tar)), diffId });
  }
  for (const image of recipes.images) {
    const used = image.layers.map((name) => {
      const layer = layers.get(name);
      if (layer === undefined) throw new Error(`images/recipes.json: ${image.name} uses an unknown layer ${name}`);
      return layer;
    });
    const config = putJson(storage, CONFIG_TYPE, {
      created: CREATED,
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      os: "linux",
      config: { Env: [`PATH=${PATH}`], ...image.config },
      rootfs: { type: "layers", diff_ids: used.map(({ diffId }) => diffId) },
      history: image.layers.map((name) => ({ created: CREATED, created_by: `images/${name}` })),
    });
    const manifest = putJson(storage, MANIFEST_TYPE, {
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config,
      layers: used.map(({ descriptor }) => descriptor),
    });
    putRepository(storage, image, [config, ...used.map(({ descriptor }) => descriptor)], manifest);
  }
}

/** The registry server's own layout: a blob is a file named by its digest, everything else links to blobs. */
function putRepository(storage: string, image: ImageRecipe, blobs: readonly Descriptor[], manifest: Descriptor): void {
  const repository = join(storage, "docker/registry/v2/repositories/library", image.name);
  const link = (path: string, { digest }: Descriptor): void => put(join(repository, path, "link"), digest);
  for (const blob of blobs) link(`_layers/${blob.digest.replace(":", "/")}`, blob);
  link(`_manifests/revisions/${manifest.digest.replace(":", "/")}`, manifest);
  for (const tag of image.tags) {
    link(`_manifests/tags/${tag}/current`, manifest);
    link(`_manifests/tags/${tag}/index/${manifest.digest.replace(":", "/")}`, manifest);
  }
}

function putJson(storage: string, mediaType: string, value: unknown): Descriptor {
  return putBlob(storage, mediaType, Buffer.from(JSON.stringify(value)));
}

function putBlob(storage: string, mediaType: string, content: Buffer): Descriptor {
  const digest = digestOf(content);
  const hex = digest.slice("sha256:".length);
  put(join(storage, "docker/registry/v2/blobs/sha256", hex.slice(0, 2), hex, "data"), content);
  return { mediaType, digest, size: content.length };
}

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** Named by everything that decides the result, the code too. */
function storagePath(): string {
  const hash = createHash("sha256").update(process.arch);
  for (const entry of readdirSync(RECIPES, { recursive: true, withFileTypes: true }).sort(byPath)) {
    if (!entry.isFile()) continue;
    hash.update(join(entry.parentPath, entry.name).slice(RECIPES.length));
    hash.update(readFileSync(join(entry.parentPath, entry.name)));
  }
  for (const code of ["images.ts", "layers.ts"]) hash.update(readFileSync(join(import.meta.dirname, code)));
  return join(CACHE, `registry-${hash.digest("hex").slice(0, 16)}`);
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  return join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1;
}

function readRecipes(): Recipes {
  return JSON.parse(readFileSync(join(RECIPES, "recipes.json"), "utf8")) as Recipes;
}
