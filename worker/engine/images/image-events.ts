import { parseImageReference, toShortText, withDefaultTag } from "../../../shared/image-reference.ts";
import type { RemovedImage } from "../../../shared/rpc/gen/images.ts";
import { lookUp } from "../../images/catalog.ts";
import type { ImageServiceParts } from "./image-parts.ts";

type Parts = Pick<ImageServiceParts, "events" | "catalog">;

/** An image came from a registry or went to one: Docker's words name it by its name. */
export async function noteTransfer(parts: Parts, action: "pull" | "push", ref: string): Promise<void> {
  const reference = withDefaultTag(parseImageReference(ref));
  const name = toShortText({ ...reference, tag: null, digest: null });
  parts.events.note("image", action, toShortText(reference), { ...(await labelsOf(parts, ref)), name });
}

/** Something was done with an image that this host has; `name`: what it is called, its id where nothing is said. */
export async function noteImage(parts: Parts, action: string, ref: string, name?: string): Promise<void> {
  const found = await idAndLabels(parts, ref);
  if (found === null) return;
  parts.events.note("image", action, found.id, { ...found.labels, name: name ?? found.id });
}

/** Names and images that are gone. */
export function noteRemoved({ events }: Pick<Parts, "events">, removed: readonly RemovedImage[]): void {
  for (const [at, { untagged, deleted }] of removed.entries()) {
    if (deleted !== "") events.note("image", "delete", deleted, { name: deleted });
    // The names of an image come before the image itself, if that has gone as well.
    const owner = removed.slice(at).find((each) => each.deleted !== "")?.deleted ?? untagged;
    if (untagged !== "") events.note("image", "untag", owner, { name: owner });
  }
}

async function labelsOf(parts: Parts, ref: string): Promise<Readonly<Record<string, string>>> {
  return (await idAndLabels(parts, ref))?.labels ?? {};
}

async function idAndLabels(
  { catalog }: Parts,
  ref: string,
): Promise<{ readonly id: string; readonly labels: Readonly<Record<string, string>> } | null> {
  try {
    const { image, labels } = lookUp(await catalog.read(), ref);
    return { id: `sha256:${image.id}`, labels };
  } catch {
    // It went while it was spoken of.
    return null;
  }
}
