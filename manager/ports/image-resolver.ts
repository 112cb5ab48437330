import type { ImageReference } from "../../shared/image-reference.ts";
import type { Platform } from "../../shared/rpc/gen/objects.ts";

/** What a tag means at this moment. */
export interface ResolvedImage {
  /** `sha256:...` of the manifest, or of the list of manifests. */
  readonly digest: string;
  /** The platforms the image is built for, in the kernel's words (x86_64); empty = unknown. */
  readonly platforms: readonly Platform[];
}

/** Asks a registry what an image's tag means. */
export interface ImageResolver {
  /**
   * @throws SwarmError notFound: the registry answered that there is no such image, or that we may not see it;
   * unavailable: it gave no usable answer in time. Sentences name the registry that people know, never a mirror behind
   * it.
   */
  resolve(image: ImageReference, signal: AbortSignal): Promise<ResolvedImage>;
}
