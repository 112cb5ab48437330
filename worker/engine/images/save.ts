import { SwarmError } from "../../../shared/errors.ts";
import { jsonObject } from "../../../shared/json.ts";
import { digestOf } from "../../../shared/registry/registry-door.ts";
import type { ImageBytes } from "../../../shared/rpc/gen/images.ts";
import type { Send } from "../../../shared/rpc/handler.ts";
import type { Sendable } from "../../../shared/rpc/sendable.ts";
import { lookUp, nameMeant, shortName } from "../../images/catalog.ts";
import { recordOf, stringOf } from "../../images/image-config.ts";
import { lastSaid, toolFault } from "../../images/store-tools.ts";
import { type ImageServiceParts, workDirectory } from "./image-parts.ts";

/** Images in one archive; more are better saved one by one. */
const IMAGES_MAX = 100;
/** Whoever unpacks the archive may read it. */
const READABLE = 0o644;
const STDERR_BYTES_MAX = 64 << 10;

interface SavedImage {
  /** `sha256:...` of its manifest in the archive. */
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of the manifest. */
  readonly size: number;
  /** Digests of what the manifest names. */
  readonly config: string;
  readonly layers: readonly string[];
  readonly tags: readonly string[];
}

/**
 * Sends images as a tar that both OCI's tools and `docker load` read: an OCI layout with Docker's manifest.json beside
 * it. Layers are not compressed, as Docker saves them.
 */
export async function save(
  parts: ImageServiceParts,
  refs: readonly string[],
  signal: AbortSignal,
  send: Send<Sendable<ImageBytes>>,
): Promise<void> {
  if (refs.length === 0 || refs.length > IMAGES_MAX) {
    throw new SwarmError("invalidArgument", `an archive holds 1 to ${IMAGES_MAX} images, not ${refs.length}`);
  }
  const catalog = await parts.catalog.read();
  const wanted = refs.map((ref) => ({ found: lookUp(catalog, ref), ref }));
  await using work = await workDirectory(parts);
  const layout = `${work.path}/layout`;
  await parts.files.makeDirectory(`${layout}/blobs/sha256`);
  const byDigest = new Map<string, SavedImage>();
  for (const [at, { found, ref }] of wanted.entries()) {
    const directory = `${work.path}/${at}`;
    await parts.tools.copy(parts.tools.place(`@${found.image.id}`), `dir:${directory}`, [], signal);
    const saved = await addToLayout(parts, directory, layout);
    const name = nameMeant(found, ref);
    // By an id, an image has no name in the archive, as with Docker.
    const tags = name === null || name.includes("@") ? [] : [shortName(name)];
    const before = byDigest.get(saved.digest)?.tags ?? [];
    byDigest.set(saved.digest, { ...saved, tags: [...new Set([...before, ...tags])] });
  }
  await writeIndexes(parts, layout, [...byDigest.values()]);
  await sendTar(parts, layout, signal, send);
}

/**
 * Not by skopeo's transport `oci`: that turns Docker's configurations into OCI's, and the image would get another id.
 */
async function addToLayout(
  { files }: ImageServiceParts,
  directory: string,
  layout: string,
): Promise<Omit<SavedImage, "tags">> {
  const text = (await files.readText(`${directory}/manifest.json`)) ?? "";
  const manifest = jsonObject(text) ?? {};
  const bytes = Buffer.from(text);
  const digest = digestOf(bytes);
  const config = stringOf(recordOf(manifest["config"])["digest"]);
  const listed = Array.isArray(manifest["layers"]) ? manifest["layers"].map(recordOf) : [];
  const layers = listed.map((layer) => stringOf(layer["digest"]));
  for (const each of new Set([config, ...layers])) {
    const path = `${layout}/${blobPath(each)}`;
    const isThere = (await files.kindOf(path)) !== null;
    if (!isThere) await files.addName(`${directory}/${each.slice(each.indexOf(":") + 1)}`, path);
  }
  await files.writeText(`${layout}/${blobPath(digest)}`, text);
  const mediaType = stringOf(manifest["mediaType"]) || "application/vnd.oci.image.manifest.v1+json";
  return { digest, mediaType, size: bytes.length, config, layers };
}

/** index.json with the images' names, and manifest.json, from which Docker before 25 loads. */
async function writeIndexes({ files }: ImageServiceParts, layout: string, saved: readonly SavedImage[]): Promise<void> {
  const manifests = saved.flatMap(({ digest, mediaType, size, tags }) => {
    const entry = { mediaType, digest, size };
    const named = tags.map((tag) => ({
      ...entry,
      annotations: {
        "io.containerd.image.name": tag,
        "org.opencontainers.image.ref.name": tag.slice(tag.lastIndexOf(":") + 1),
      },
    }));
    return named.length === 0 ? [entry] : named;
  });
  const listed = saved.map(({ config, layers, tags }) => ({
    Config: blobPath(config),
    RepoTags: tags,
    Layers: layers.map(blobPath),
  }));
  const put = (name: string, content: unknown): Promise<void> =>
    files.writeText(`${layout}/${name}`, JSON.stringify(content), READABLE);
  await put("oci-layout", { imageLayoutVersion: "1.0.0" });
  await put("index.json", { schemaVersion: 2, manifests });
  await put("manifest.json", listed);
}

async function sendTar(
  { streamed }: ImageServiceParts,
  directory: string,
  signal: AbortSignal,
  send: Send<Sendable<ImageBytes>>,
): Promise<void> {
  let stderr = "";
  const exitCode = await streamed.stream({
    argv: ["tar", "--create", "--numeric-owner", "--owner=0", "--group=0", "--directory", directory, "."],
    signal,
    onStdout: (data) => send({ data }),
    onStderr: async (bytes) => {
      stderr = `${stderr}${bytes}`.slice(-STDERR_BYTES_MAX);
    },
  });
  if (exitCode !== 0) throw toolFault({ exitCode, stderr: lastSaid(stderr) }, "tar");
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(":", "/")}`;
}
