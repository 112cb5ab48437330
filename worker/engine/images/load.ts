import { SwarmError } from "../../../shared/errors.ts";
import { parseImageReference, toFullText, toShortText, withDefaultTag } from "../../../shared/image-reference.ts";
import type { ImageBytes, LoadImagesResponse } from "../../../shared/rpc/gen/images.ts";
import { recordOf, stringOf, stringsOf } from "../../images/image-config.ts";
import { type ImageServiceParts, workDirectory } from "./image-parts.ts";
import { receive } from "./receive.ts";

/** Of manifest.json, for thousands of images. */
const LIST_BYTES_MAX = 4 << 20;
const IMAGES_MAX = 1_000;
const NO_ARCHIVE = "no archive of images: it has neither manifest.json nor index.json";

/** Takes all images of an archive into the store, each with its names. @throws SwarmError that says what is wrong. */
export async function load(
  parts: ImageServiceParts,
  messages: AsyncIterable<ImageBytes>,
  signal: AbortSignal,
): Promise<LoadImagesResponse> {
  await using work = await workDirectory(parts);
  const archive = `${work.path}/archive.tar`;
  await receive(parts.files, archive, dataOf(messages), signal);
  const listed = await member(parts, archive, "manifest.json", signal);
  if (listed !== null) return { names: await loadDocker(parts, archive, listed, signal) };
  if ((await member(parts, archive, "index.json", signal)) === null) {
    throw new SwarmError("invalidArgument", NO_ARCHIVE);
  }
  return { names: await loadLayout(parts, archive, signal) };
}

async function* dataOf(messages: AsyncIterable<ImageBytes>): AsyncGenerator<Uint8Array> {
  for await (const { data } of messages) yield data;
}

/** A file of the archive as text; null = there is none. */
async function member(
  { commands }: ImageServiceParts,
  archive: string,
  name: string,
  signal: AbortSignal,
): Promise<string | null> {
  for (const path of [name, `./${name}`]) {
    const argv = ["tar", "--extract", "--to-stdout", "--occurrence=1", "--file", archive, path] as const;
    const { exitCode, stdout } = await commands.run(argv, {
      signal,
      keepBytes: LIST_BYTES_MAX,
      timeoutMs: 10 * 60_000,
    });
    if (exitCode === 0) return stdout;
  }
  return null;
}

async function loadDocker(
  { tools }: ImageServiceParts,
  archive: string,
  listed: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const [at, entry] of entriesOf(listed).entries()) {
    const tags = stringsOf(entry["RepoTags"]).map((tag) => withDefaultTag(parseImageReference(tag)));
    const id = /([0-9a-f]{64})(?:\.json)?$/.exec(stringOf(entry["Config"]))?.[1];
    const [first, ...more] = tags.map(toFullText);
    if (first === undefined && id === undefined) {
      throw new SwarmError("invalidArgument", "an image of the archive has neither a name nor an id");
    }
    await tools.copy(`docker-archive:${archive}:@${at}`, tools.place(first ?? `@${id}`), [], signal);
    for (const name of more) await tools.copy(`docker-archive:${archive}:@${at}`, tools.place(name), [], signal);
    names.push(...tags.map(toShortText));
    if (tags.length === 0) names.push(`sha256:${id}`);
  }
  return names;
}

function entriesOf(listed: string): readonly Readonly<Record<string, unknown>>[] {
  let entries: unknown;
  try {
    entries = JSON.parse(listed);
  } catch (cause) {
    throw new SwarmError("invalidArgument", "the archive's manifest.json is broken", { cause });
  }
  if (!Array.isArray(entries) || entries.length === 0 || entries.length > IMAGES_MAX) {
    throw new SwarmError("invalidArgument", `the archive's manifest.json does not list 1 to ${IMAGES_MAX} images`);
  }
  return entries.map(recordOf);
}

/** An OCI layout says names in annotations, if it does. */
async function loadLayout(parts: ImageServiceParts, archive: string, signal: AbortSignal): Promise<readonly string[]> {
  const index = (await member(parts, archive, "index.json", signal)) ?? "";
  const manifests = layoutEntries(index);
  const names: string[] = [];
  for (const entry of manifests) {
    const annotations = recordOf(entry["annotations"]);
    const refName = stringOf(annotations["org.opencontainers.image.ref.name"]);
    const name = stringOf(annotations["io.containerd.image.name"]) || refName;
    if (name === "" || (refName === "" && manifests.length > 1)) {
      throw new SwarmError("invalidArgument", "an image of this OCI layout has no name: give it one with skopeo copy");
    }
    const reference = withDefaultTag(parseImageReference(name));
    const source = refName === "" ? `oci-archive:${archive}` : `oci-archive:${archive}:${refName}`;
    await parts.tools.copy(source, parts.tools.place(toFullText(reference)), [], signal);
    names.push(toShortText(reference));
  }
  return names;
}

function layoutEntries(index: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const manifests = recordOf(JSON.parse(index))["manifests"];
    if (Array.isArray(manifests) && manifests.length > 0) return manifests.slice(0, IMAGES_MAX).map(recordOf);
  } catch {
    // Said below.
  }
  throw new SwarmError("invalidArgument", "the archive's index.json lists no images");
}
