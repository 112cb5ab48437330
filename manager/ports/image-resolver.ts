import type { ImageReference } from "../../shared/image-reference.ts";
import type { Platform } from "../../shared/rpc/gen/objects.ts";

/** How long registries may take. A person is waiting for `service create`; an outage must be reported soon. */
export const RESOLVE_TIMEOUT_MS = 10_000;

/** What a tag means at this moment. */
export interface ResolvedImage {
  /** `sha256:...` of the manifest, or of the list of manifests. */
  readonly digest: string;
  /** The platforms the image is built for, in the kernel's words (x86_64); empty = unknown. */
  readonly platforms: readonly Platform[];
  /** A sentence for the person who asked: that the registry is away, and this is what it said before. */
  readonly warning?: string;
}

/** Asks a registry what an image's tag means. */
export interface ImageResolver {
  /**
   * @throws SwarmError notFound: the registry answered that there is no such image, or that we may not see it;
   * unavailable: it gave no usable answer in time; failedPrecondition: this host's configuration forbids it or cannot
   * be understood. Sentences name the registry that people know, never a mirror behind it.
   */
  resolve(image: ImageReference, signal: AbortSignal): Promise<ResolvedImage>;
}
