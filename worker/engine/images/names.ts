import { SwarmError } from "../../../shared/errors.ts";
import { parseImageReference, toFullText, withDefaultTag } from "../../../shared/image-reference.ts";

/** The full name, NAME:TAG. @throws SwarmError invalidArgument for a digest, which nobody can give. */
export function nameToGive(name: string): string {
  const reference = withDefaultTag(parseImageReference(name));
  if (reference.digest !== null) {
    throw new SwarmError("invalidArgument", `${JSON.stringify(name)} has a digest: a name to give is NAME[:TAG]`);
  }
  return toFullText(reference);
}
