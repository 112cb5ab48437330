import { SwarmError } from "../errors.ts";
import { parseImageReference, toShortText } from "../image-reference.ts";
import { hasLabel } from "../objects/labels.ts";
import type { ImageSummary } from "../rpc/gen/images.ts";

/** Which images are meant; all conditions hold, and an empty list asks for nothing. */
export interface ImageFilters {
  /** Whether nobody names it and nothing is built upon it; undefined = either. */
  readonly dangling: boolean | undefined;
  /** KEY or KEY=VALUE, all of them. */
  readonly labels: readonly string[];
  /** None of these. */
  readonly labelsNot: readonly string[];
  /** Built before, Unix milliseconds; undefined = whenever. */
  readonly untilMs: number | undefined;
  /** References of images than which it is older, or newer. */
  readonly before: readonly string[];
  readonly since: readonly string[];
  /** As a shell would match NAME or NAME:TAG; one of them. An image then has the names alone that match. */
  readonly references: readonly string[];
}

/** @throws SwarmError invalidArgument when `before` or `since` names no image. */
export function filteredImages(images: readonly ImageSummary[], filters: ImageFilters): readonly ImageSummary[] {
  const before = Math.min(...filters.before.map((ref) => createdAt(images, ref)));
  const since = Math.max(...filters.since.map((ref) => createdAt(images, ref)));
  const found = images.filter(
    (image) =>
      (filters.dangling === undefined || filters.dangling === isDangling(image)) &&
      filters.labels.every((label) => hasLabel(image.labels, label)) &&
      !filters.labelsNot.some((label) => hasLabel(image.labels, label)) &&
      (filters.untilMs === undefined || image.createdAtMs < filters.untilMs) &&
      image.createdAtMs < before &&
      image.createdAtMs > since,
  );
  if (filters.references.length === 0) return found;
  const patterns = filters.references.map(patternOf);
  return found
    .map((image) => withNames(image, (name) => patterns.some((pattern) => matches(name, pattern))))
    .filter(({ repoTags, repoDigests }) => repoTags.length + repoDigests.length > 0);
}

function isDangling({ repoTags, repoDigests, isIntermediate }: ImageSummary): boolean {
  return repoTags.length === 0 && repoDigests.length === 0 && !isIntermediate;
}

function createdAt(images: readonly ImageSummary[], ref: string): number {
  const id = ref.replace(/^sha256:/, "");
  const found = images.find(
    (image) => image.repoTags.includes(tagged(ref)) || image.id.slice("sha256:".length).startsWith(id),
  );
  if (found === undefined) throw new SwarmError("invalidArgument", `No such image: ${ref}`);
  return found.createdAtMs;
}

function tagged(ref: string): string {
  try {
    const reference = parseImageReference(ref);
    return toShortText({ ...reference, tag: reference.tag ?? "latest" });
  } catch {
    return ref;
  }
}

function withNames(image: ImageSummary, isMeant: (name: string) => boolean): ImageSummary {
  return { ...image, repoTags: image.repoTags.filter(isMeant), repoDigests: image.repoDigests.filter(isMeant) };
}

/** A pattern without a tag means all tags; a star stops at a slash. */
function patternOf(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  return new RegExp(`^${source}$`);
}

function matches(name: string, pattern: RegExp): boolean {
  const { tag: _tag, digest: _digest, ...bare } = parseImageReference(name);
  return pattern.test(name) || pattern.test(toShortText({ ...bare, tag: null, digest: null }));
}
