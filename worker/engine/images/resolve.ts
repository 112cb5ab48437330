import {
  type ImageReference,
  parseImageReference,
  toShortText,
  withDefaultTag,
} from "../../../shared/image-reference.ts";
import { jsonObject } from "../../../shared/json.ts";
import { configDigestOf } from "../../../shared/registry/image-platforms.ts";
import {
  digestOf,
  follow,
  MANIFEST_TYPES,
  openDoor,
  type Refused,
  refusal,
} from "../../../shared/registry/registry-door.ts";
import type { ImagePlatformName, ResolveImageRequest, ResolveImageResponse } from "../../../shared/rpc/gen/images.ts";
import { recordOf, stringOf } from "../../images/image-config.ts";
import { firstAnswer } from "./first-answer.ts";
import type { ImageServiceParts } from "./image-parts.ts";

/** What a name means in its registry. @throws SwarmError notFound, permissionDenied, unavailable. */
export async function resolveImage(
  parts: ImageServiceParts,
  { ref, login }: ResolveImageRequest,
  signal: AbortSignal,
): Promise<ResolveImageResponse> {
  const image = withDefaultTag(parseImageReference(ref));
  const question = { image, login, what: `ask for ${toShortText(image)}` };
  return await firstAnswer(parts, question, signal, (visit) => askedAt(parts, visit, visit.source.image));
}

async function askedAt(
  { http }: ImageServiceParts,
  visit: Parameters<typeof openDoor>[1],
  image: ImageReference,
): Promise<ResolveImageResponse | Refused> {
  const door = await openDoor(http, visit);
  if (door.kind !== "open") return door;
  const { base, authorization } = door;
  const ask = (what: string): ReturnType<typeof follow> =>
    follow(http, visit, {
      method: "GET",
      ...{ url: `${base}${image.path}/${what}`, authorization, headers: { accept: MANIFEST_TYPES } },
    });
  try {
    const manifest = await ask(`manifests/${image.digest ?? image.tag}`);
    if (manifest.status !== 200) return refusal(manifest);
    const { body } = manifest;
    const digest = digestOf(body);
    if (image.digest !== null && image.digest !== digest) return { kind: "silent", why: "it sent another manifest" };
    const content = jsonObject(body.toString()) ?? {};
    const mediaType = stringOf(content["mediaType"]) || (manifest.header("content-type").split(";")[0] ?? "");
    const about = { digest, mediaType, size: body.length };
    if (Array.isArray(content["manifests"])) {
      return {
        ...about,
        platforms: content["manifests"].map((each) => platformOf(recordOf(each)["platform"])).filter(isKnown),
      };
    }
    const configDigest = configDigestOf(body, image);
    if (configDigest === null) return { ...about, platforms: [] };
    const config = await ask(`blobs/${configDigest}`);
    if (config.status !== 200) return refusal(config);
    if (digestOf(config.body) !== configDigest) return { kind: "silent", why: "it sent another configuration" };
    return { ...about, platforms: [platformOf(jsonObject(config.body.toString()))].filter(isKnown) };
  } catch (error) {
    return { kind: "silent", why: (error as Error).message };
  }
}

function platformOf(value: unknown): ImagePlatformName {
  const { os, architecture, variant } = recordOf(value);
  return { os: stringOf(os), architecture: stringOf(architecture), variant: stringOf(variant) };
}

/** Attestations and the like are listed as unknown/unknown; nothing runs there. */
function isKnown({ os, architecture }: ImagePlatformName): boolean {
  return os !== "unknown" && (os !== "" || architecture !== "");
}
