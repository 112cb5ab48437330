import { createHash } from "node:crypto";
import { toRfc3339 } from "../../../shared/docker-shape/common.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { jsonObject } from "../../../shared/json.ts";
import type { CommitImageRequest, CommitImageResponse } from "../../../shared/rpc/gen/images.ts";
import type { CatalogImage } from "../../images/catalog.ts";
import { recordOf, stringsOf } from "../../images/image-config.ts";
import { listChanges } from "./changed-files.ts";
import { type CommittedContainer, configOfCommit } from "./commit-config.ts";
import { writeDirectoryImage } from "./directory-image.ts";
import { type ImageServiceParts, workDirectory } from "./image-parts.ts";
import { nameToGive } from "./names.ts";
import { whiteoutEntry } from "./whiteout-entry.ts";

/** tar's code for "a file changed while it was read", which a container that is not held may do. */
const TAR_CHANGED = 1;
const STDERR_BYTES_MAX = 64 << 10;

/** Makes an image of a container: its image's layers, and one more of what it has changed. */
export async function commit(
  parts: ImageServiceParts,
  request: CommitImageRequest,
  signal: AbortSignal,
): Promise<CommitImageResponse> {
  const name = request.name === "" ? null : nameToGive(request.name);
  const container = await parts.containers.committed(request.container);
  const base = (await parts.catalog.read()).images.find(({ image }) => image.id === container.imageId);
  if (base === undefined) {
    const sentence = `cannot commit container ${container.name}: the image it was made from is not on this host any more`;
    throw new SwarmError("failedPrecondition", sentence);
  }
  await using work = await workDirectory(parts);
  const before = jsonObject((await parts.catalog.readPart(base.image, base.image.configKey)).toString()) ?? {};
  // What is wrong with the changes is said before the container is held.
  const config = configOfCommit(recordOf(before["config"]), container, request.changes);
  const layer = await layerOf(parts, { container, base, work: work.path, isHeld: !request.noPause }, signal);
  const created = toRfc3339(parts.clock.wallNow());
  const said = {
    ...(request.author === "" ? {} : { author: request.author }),
    ...(request.message === "" ? {} : { comment: request.message }),
  };
  const step = { created, created_by: container.command.join(" "), ...said };
  const history = Array.isArray(before["history"]) ? before["history"] : [];
  const baseLayers = stringsOf(recordOf(before["rootfs"])["diff_ids"]);
  const image = {
    ...before,
    created,
    author: request.author,
    config,
    rootfs: { type: "layers", diff_ids: [...baseLayers, ...(layer === null ? [] : [layer.digest])] },
    history: [...history, layer === null ? { ...step, empty_layer: true } : step],
  };
  const known = baseLayers.map((digest, at) => ({
    digest,
    size: base.layers.toReversed()[at]?.bytes ?? 0,
    path: null,
  }));
  const directory = `${work.path}/image`;
  const id = await writeDirectoryImage(parts.files, directory, image, [...known, ...(layer === null ? [] : [layer])]);
  await parts.tools.copy(`dir:${directory}`, parts.tools.place(name ?? `@${id}`), [], signal);
  parts.events.note("container", "commit", container.id, {
    ...container.spec.labels,
    ...{ image: container.spec.image, name: container.name, comment: request.message },
    ...{ imageID: `sha256:${id}`, imageRef: name ?? "" },
  });
  return { id: `sha256:${id}` };
}

interface LayerWork {
  readonly container: CommittedContainer;
  readonly base: CatalogImage;
  readonly work: string;
  readonly isHeld: boolean;
}

interface Layer {
  readonly digest: string;
  readonly size: number;
  readonly path: string;
}

/** The layer as a tar in `work`; null = the container has changed nothing. */
async function layerOf(parts: ImageServiceParts, about: LayerWork, signal: AbortSignal): Promise<Layer | null> {
  const { container, base, work, isHeld } = about;
  const mustHold = isHeld && container.isRunning && !container.isPaused;
  const write = async (): Promise<Layer | null> => {
    const below = base.layers.map(({ id }) => `${parts.storeRoot}/overlay/${id}/diff`);
    const { upper, mountTargets } = container;
    const changes = await listChanges(parts, { upper, below, mountTargets }, signal);
    if (changes.kept.length === 0 && changes.whiteouts.length === 0) return null;
    const list = `${work}/files`;
    const names = changes.kept.map((name) => `${name}\0`).join("");
    await parts.files.writeBytes(list, Buffer.from(names, "latin1"), { uid: 0, gid: 0, mode: 0o600 });
    return await writeLayer(parts, { upper, list, whiteouts: changes.whiteouts, path: `${work}/layer` }, signal);
  };
  return await (mustHold ? container.whileHeld(write) : write());
}

async function writeLayer(
  { files, streamed }: ImageServiceParts,
  about: {
    readonly upper: string;
    readonly list: string;
    readonly whiteouts: readonly string[];
    readonly path: string;
  },
  signal: AbortSignal,
): Promise<Layer> {
  await using file = await files.openToAppend(about.path);
  const hash = createHash("sha256");
  let size = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    size += bytes.length;
    await file.write(bytes);
  };
  // Before the files: what is deleted below may be there anew above.
  for (const name of about.whiteouts) await write(whiteoutEntry(name));
  let stderr = "";
  const exitCode = await streamed.stream({
    argv: [
      ...(["tar", "--create", "--format=posix", "--pax-option=delete=atime,delete=ctime", "--numeric-owner"] as const),
      ...["--xattrs", "--xattrs-include=security.capability", "--xattrs-include=user.*"],
      ...["--xattrs-exclude=user.overlay.*", "--no-recursion", "--directory", about.upper],
      ...["--null", "--verbatim-files-from", "--files-from", about.list],
    ],
    signal,
    onStdout: write,
    onStderr: async (bytes) => {
      stderr = `${stderr}${bytes}`.slice(-STDERR_BYTES_MAX);
    },
  });
  if (exitCode !== 0 && exitCode !== TAR_CHANGED) {
    const why = stderr.trim().split("\n")[0] ?? "";
    throw new SwarmError("internal", `tar failed on the host: ${why.slice(0, 500)}`);
  }
  return { digest: `sha256:${hash.digest("hex")}`, size, path: about.path };
}
