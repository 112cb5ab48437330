import { SwarmError } from "../../shared/errors.ts";
import {
  type ImageReference,
  parseImageReference,
  toFullText,
  toShortText,
  withDefaultTag,
} from "../../shared/image-reference.ts";
import type { Service, ServiceSpec } from "../../shared/objects/types.ts";
import type { Platform } from "../../shared/rpc/gen/objects.ts";
import { ANYWHERE } from "../../shared/service-spec/defaults.ts";
import type { ImageResolver, ResolvedImage } from "../ports/image-resolver.ts";
import type { ReadView } from "../store/store-types.ts";

export interface PinnedSpec {
  readonly spec: ServiceSpec;
  /** Sentences for the person who asked. */
  readonly warnings: readonly string[];
}

export interface PinOptions {
  readonly images: ImageResolver;
  /** Where other services may know the digest already. */
  readonly view: ReadView;
  /** Take the image as written: every host will resolve it itself. */
  readonly noResolve: boolean;
  readonly signal: AbortSignal;
}

/**
 * Writes the image of a spec as NAME:TAG@DIGEST. The digest is looked up once, here, so that every host runs the same
 * bytes even if the tag moves. A spec that already names a digest is left alone and needs no registry.
 * @throws SwarmError notFound for an unknown image; unavailable when the registry does not answer and no service
 * knows the digest.
 */
export async function pinImage(spec: ServiceSpec, options: PinOptions): Promise<PinnedSpec> {
  const image = withDefaultTag(parseImageReference(spec.task.container.image));
  if (image.digest !== null) return { spec, warnings: [] };
  // Whoever asks for this may have asked the registry itself, and says so by the platforms.
  const told = spec.task.placement?.platforms ?? [];
  if (options.noResolve) return { spec: withImage(spec, image, told), warnings: [] };
  try {
    const { digest, platforms, warning } = await options.images.resolve(image, options.signal);
    const warnings = warning === undefined ? [] : [warning];
    return { spec: withImage(spec, { ...image, digest }, platforms), warnings };
  } catch (error) {
    if (!(error instanceof SwarmError) || error.code !== "unavailable") throw error;
    const known = findPinned(options.view, image);
    if (known === null) {
      const [name, reason] = [toShortText(image), error.message];
      const sentence = `image ${name} could not be looked up: ${reason}; try again, or use --no-resolve-image to let each host look for itself`;
      const detail = { kind: "imageNotLookedUp", image: name, reason } as const;
      throw new SwarmError("unavailable", sentence, { cause: error, detail });
    }
    return {
      spec: withImage(spec, { ...image, digest: known.digest }, known.platforms),
      warnings: [`${error.message}: image ${toShortText(image)} is the one service ${known.service} uses`],
    };
  }
}

/** The newest service that was made from the same name and tag. */
function findPinned(view: ReadView, image: ImageReference): (ResolvedImage & { readonly service: string }) | null {
  let newest: { readonly service: Service; readonly digest: string } | null = null;
  for (const service of view.all("service")) {
    const theirs = parseImageReference(service.spec.task.container.image);
    if (theirs.digest === null || toFullText({ ...theirs, digest: null }) !== toFullText(image)) continue;
    if (newest === null || service.meta.version > newest.service.meta.version) {
      newest = { service, digest: theirs.digest };
    }
  }
  if (newest === null) return null;
  const { spec } = newest.service;
  return { digest: newest.digest, platforms: spec.task.placement?.platforms ?? [], service: spec.annotations.name };
}

function withImage(spec: ServiceSpec, image: ImageReference, platforms: readonly Platform[]): ServiceSpec {
  const container = { ...spec.task.container, image: toShortText(image) };
  const placement = spec.task.placement ?? ANYWHERE;
  return { ...spec, task: { ...spec.task, container, placement: { ...placement, platforms } } };
}
