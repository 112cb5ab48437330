import type { ContainerSummary } from "../rpc/gen/containers.ts";
import type { ImageSummary } from "../rpc/gen/images.ts";
import { type DockerJson, unlessEmpty } from "./common.ts";

/** Bytes of images by their ids, without `sha256:` in front. */
export type ImageBytes = ReadonlyMap<string, number>;

/** Bytes of a host's images, out of the list of them. */
export function imageBytes(images: readonly Pick<ImageSummary, "id" | "sizeBytes">[]): ImageBytes {
  return new Map(images.map(({ id, sizeBytes }) => [id.replace(/^sha256:/, ""), sizeBytes]));
}

/** Bytes of what a container has changed, absent as Docker's when there is nothing, and of all its files. */
export function toContainerSizes(
  { ownBytes, imageId }: Pick<ContainerSummary, "ownBytes" | "imageId">,
  bytesOf: ImageBytes,
): DockerJson {
  const own = Math.max(0, ownBytes);
  return { ...unlessEmpty("SizeRw", own), SizeRootFs: own + (bytesOf.get(imageId) ?? 0) };
}
