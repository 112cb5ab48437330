import { configDigestOf, platformsOfConfig, platformsOfList } from "../../shared/registry/image-platforms.ts";
import {
  digestOf,
  follow,
  MANIFEST_TYPES,
  openDoor,
  type Refused,
  refusal,
  type Visit,
} from "../../shared/registry/registry-door.ts";
import type { HttpAnswer, RegistryHttp } from "../../shared/registry/registry-world.ts";
import type { ResolvedImage } from "../ports/image-resolver.ts";

/** How one place that may have the image answered. */
export type Outcome = { readonly kind: "found"; readonly image: ResolvedImage } | Refused;

export interface RegistryQuestion extends Visit {
  /** What the same reference was last time: if the digest is still the same, nothing is fetched. */
  readonly known: ResolvedImage | null;
}

/** Asks one registry what a reference means: distribution specification, version 2 of the API. */
export async function askRegistry(http: RegistryHttp, question: RegistryQuestion): Promise<Outcome> {
  const { image } = question.source;
  const door = await openDoor(http, question);
  if (door.kind !== "open") return door;
  const manifests = `${door.base}${image.path}/manifests/${image.digest ?? image.tag}`;
  const { authorization } = door;
  const ask = (method: "GET" | "HEAD", url: string): Promise<HttpAnswer> =>
    follow(http, question, { method, url, authorization, headers: { accept: MANIFEST_TYPES } });
  try {
    if (question.known !== null) {
      const head = await ask("HEAD", manifests);
      // Some registries take no HEAD or say no digest: then the manifest itself tells.
      if (head.status === 200 && head.header("docker-content-digest") === question.known.digest) {
        return { kind: "found", image: question.known };
      }
    }
    const manifest = await ask("GET", manifests);
    if (manifest.status !== 200) return refusal(manifest);
    const digest = digestOf(manifest.body);
    if (image.digest !== null && image.digest !== digest) return { kind: "silent", why: "it sent another manifest" };
    const listed = platformsOfList(manifest.body, image);
    if (listed !== null) return { kind: "found", image: { digest, platforms: listed } };
    const configDigest = configDigestOf(manifest.body, image);
    if (configDigest === null) return { kind: "notOurs", why: "a manifest of an older kind" };
    const config = await ask("GET", `${door.base}${image.path}/blobs/${configDigest}`);
    if (config.status !== 200) return refusal(config);
    if (digestOf(config.body) !== configDigest) return { kind: "silent", why: "it sent another configuration" };
    return { kind: "found", image: { digest, platforms: platformsOfConfig(config.body, image) } };
  } catch (error) {
    return { kind: "silent", why: (error as Error).message };
  }
}
