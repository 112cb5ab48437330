import { SwarmError } from "../../shared/errors.ts";
import { type ImageReference, toShortText } from "../../shared/image-reference.ts";

/**
 * Why an image was not resolved, in sentences for callers. They name the registry that people know: mirrors and their
 * addresses concern only the operator.
 */

/** Registries hide what the caller may not see behind "denied"; Docker Hub answers so for images that do not exist. */
export function deniedImage(image: ImageReference, options: ErrorOptions = {}): SwarmError {
  const sentence = `image ${toShortText(image)} not found in registry ${image.registry}: it does not exist, or access to it is denied`;
  return new SwarmError("notFound", sentence, options);
}

export function unknownImage(image: ImageReference, options: ErrorOptions = {}): SwarmError {
  const sentence = `image ${toShortText(image)} not found in registry ${image.registry}: check its name and tag`;
  return new SwarmError("notFound", sentence, options);
}

export function silentRegistry({ registry }: ImageReference, options: ErrorOptions = {}): SwarmError {
  return new SwarmError("unavailable", `registry ${registry} cannot be reached or does not answer`, options);
}

export function blockedRegistry({ registry }: ImageReference, options: ErrorOptions = {}): SwarmError {
  return new SwarmError(
    "failedPrecondition",
    `registry ${registry} is blocked by this manager's registries.conf`,
    options,
  );
}
