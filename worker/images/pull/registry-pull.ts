import { SwarmError } from "../../../shared/errors.ts";
import { type ImageReference, toFullText, toShortText } from "../../../shared/image-reference.ts";
import { unreachable } from "../../../shared/invariant.ts";
import type { Logger } from "../../../shared/log.ts";
import type { Clock } from "../../../shared/ports/clock.ts";
import { type ImageSource, sourcesOf } from "../../../shared/registry/endpoints.ts";
import type { RegistryCredentials } from "../../../shared/registry/find-credentials.ts";
import { parseRegistriesConf } from "../../../shared/registry/registries-conf.ts";
import {
  digestOf,
  follow,
  followStream,
  MANIFEST_TYPES,
  type OpenDoor,
  openDoor,
  type Refused,
  refusal,
  type Visit,
} from "../../../shared/registry/registry-door.ts";
import type { RegistryFiles, RegistryHttp } from "../../../shared/registry/registry-world.ts";
import { unlessAborted } from "../../../shared/unless-aborted.ts";
import type { BlobSource } from "./blob-cache.ts";
import { type Blob, entryFor, type ImageManifest, type ImagePlatform, parseManifest } from "./manifest.ts";

/** Signing in and reading the manifests of one place: more is a registry that does not work. */
const LOOK_UP_TIMEOUT_MS = 30_000;
const STATUS_PARTIAL = 206;
const STATUS_RANGE_REFUSED = 416;

export interface RegistryPullPorts {
  readonly http: RegistryHttp;
  readonly files: RegistryFiles;
  readonly credentials: RegistryCredentials;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What is to be fetched for an image, and where. */
export interface FoundImage {
  readonly manifest: ImageManifest;
  /** Bytes of the manifest of one platform, as they came. */
  readonly manifestBytes: Buffer;
  /** Of the list the manifest was chosen from, as they came; null = there was no list. */
  readonly listBytes: Buffer | null;
  readonly blobs: BlobSource;
}

export type Found =
  | { readonly kind: "found"; readonly image: FoundImage }
  /** It wants what only skopeo knows how to give. */
  | { readonly kind: "notOurs"; readonly why: string };

/** The registry was shown who asks, and refused all the same: a wrong or old password, or too few rights. */
interface RefusedLogin {
  readonly kind: "deniedLogin";
}

/**
 * Finds an image in the first place that has it.
 * @throws SwarmError with a sentence for `service ps`, which names the registry that people know.
 */
export async function findInRegistry(
  image: ImageReference,
  platform: ImagePlatform,
  ports: RegistryPullPorts,
  signal: AbortSignal,
): Promise<Found> {
  const conf = parseRegistriesConf(ports.files.conf());
  const where = sourcesOf(image, conf.rules);
  if (where.kind === "blocked") {
    throw new SwarmError("failedPrecondition", `registry ${image.registry} is blocked by this host's registries.conf`);
  }
  let last: Refused | RefusedLogin = { kind: "silent", why: "there is nowhere to ask" };
  for (const source of where.sources) {
    const answer = await unlessAborted(findAt(source, image, platform, ports), signal);
    if (answer.kind === "found" || answer.kind === "notOurs") return answer;
    last = answer;
    ports.log.info("image not found", { image: toFullText(image), at: toFullText(source.image), ...last });
  }
  throw faultOf(image, last);
}

async function findAt(
  source: ImageSource,
  asked: ImageReference,
  platform: ImagePlatform,
  ports: RegistryPullPorts,
): Promise<Found | Refused | RefusedLogin> {
  const { http, files, clock } = ports;
  const { image } = source;
  if (files.isSpecial(image.registry)) return { kind: "notOurs", why: "there is a proxy" };
  const credentials = await ports.credentials.find(image);
  if (credentials.kind === "notOurs") return { kind: "notOurs", why: "its credentials are a token, or a program's" };
  const basic = credentials.kind === "basic" ? credentials.encoded : null;
  const refusedAs = (refused: Refused): Refused | RefusedLogin =>
    refused.kind === "denied" && basic !== null ? { kind: "deniedLogin" } : refused;
  const untilMs = clock.now() + LOOK_UP_TIMEOUT_MS;
  const visit: Visit = {
    source,
    basic,
    certificates: files.certificates(image.registry),
    remainingMs: () => untilMs - clock.now(),
  };
  const door = await openDoor(http, visit);
  if (door.kind !== "open") return refusedAs(door);
  const read = async (reference: string): Promise<Buffer | Refused> => {
    const url = `${door.base}${image.path}/manifests/${reference}`;
    const { authorization } = door;
    try {
      const answer = await follow(http, visit, {
        method: "GET",
        ...{ url, authorization, headers: { accept: MANIFEST_TYPES } },
      });
      if (answer.status !== 200) return refusal(answer);
      if (!reference.startsWith("sha256:") || digestOf(answer.body) === reference) return answer.body;
      return { kind: "silent", why: "it sent another manifest than the one that was asked for" };
    } catch (error) {
      return { kind: "silent", why: (error as Error).message };
    }
  };
  const first = await read(image.digest ?? image.tag ?? "latest");
  if (!Buffer.isBuffer(first)) return refusedAs(first);
  const name = toShortText({ ...asked, digest: null });
  const parsed = parseManifest(first, name);
  const blobs = blobSource(http, visit, door);
  if (parsed.kind === "foreign") return { kind: "notOurs", why: "a manifest of an older kind" };
  if (parsed.kind === "image") {
    return found({ manifest: parsed.image, manifestBytes: first, listBytes: null, blobs });
  }
  const entry = entryFor(parsed.entries, platform);
  if (entry === null) throw wrongPlatform(name, platform);
  const chosen = await read(entry.digest);
  if (!Buffer.isBuffer(chosen)) return refusedAs(chosen);
  const inner = parseManifest(chosen, name);
  if (inner.kind !== "image") return { kind: "notOurs", why: "a list within a list" };
  return found({ manifest: inner.image, manifestBytes: chosen, listBytes: first, blobs });
}

const found = (image: FoundImage): Found => ({ kind: "found", image });

/** Bytes of blobs by HTTP, from where an earlier attempt stopped. */
function blobSource(http: RegistryHttp, visit: Visit, { base, authorization }: OpenDoor): BlobSource {
  const { image } = visit.source;
  // The time for the look-up is over; silence is judged by whoever reads the body.
  const patient: Visit = { ...visit, remainingMs: () => LOOK_UP_TIMEOUT_MS };
  return {
    async open(blob: Blob, offset, signal) {
      const url = `${base}${image.path}/blobs/${blob.digest}`;
      const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
      try {
        const asked = followStream(http, patient, { method: "GET", url, authorization, headers });
        // What comes after all, nobody reads.
        asked.then((late) => signal.aborted && late[Symbol.dispose](), quiet);
        const answer = await unlessAborted(asked, signal);
        const opened = (from: number) => ({
          ...{ from, body: broken(answer.body, image) },
          [Symbol.dispose]: () => answer[Symbol.dispose](),
        });
        if (answer.status === STATUS_PARTIAL) return opened(beginning(answer.header("content-range")) ?? -1);
        if (answer.status === 200) return opened(0);
        answer[Symbol.dispose]();
        if (answer.status === STATUS_RANGE_REFUSED && offset > 0) return await this.open(blob, 0, signal);
        const refused = refusal(answer);
        if (refused.kind === "unknown") {
          throw new SwarmError("unavailable", `registry ${image.registry} lost layer ${blob.digest.slice(7, 19)}`);
        }
        throw faultOf(image, refused);
      } catch (error) {
        if (error instanceof SwarmError || signal.aborted) throw error;
        throw new SwarmError("unavailable", `registry ${image.registry}: ${(error as Error).message}`, {
          cause: error,
        });
      }
    },
  };
}

const quiet = (): void => {};

/** `bytes 100-199/200`. */
function beginning(range: string): number | null {
  const [, from] = /^bytes (\d+)-/.exec(range) ?? [];
  return from === undefined ? null : Number(from);
}

/** A connection that breaks is the network's fault, and worth another try. */
async function* broken(body: AsyncIterable<Buffer>, { registry }: ImageReference): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    const why = (error as Error).message;
    throw new SwarmError("unavailable", `the connection to registry ${registry} broke: ${why}`, { cause: error });
  }
}

function wrongPlatform(name: string, { os, architecture, variant }: ImagePlatform): SwarmError {
  const wanted = [os, architecture, variant].filter((part) => part !== "").join("/");
  return new SwarmError("failedPrecondition", `image ${name} was not built for ${wanted}`);
}

/** Why no place has it, in one sentence. `what`: what could not be done; "" = a pull. */
export function faultOf(image: ImageReference, refused: Refused | RefusedLogin, what = ""): SwarmError {
  const name = toShortText(image.tag === null ? image : { ...image, digest: null });
  const cannot = `cannot ${what || `pull ${name}`}`;
  const { registry } = image;
  switch (refused.kind) {
    case "unknown":
      return new SwarmError("notFound", `no such image: registry ${registry} does not have ${name}`);
    case "denied":
      return new SwarmError(
        "permissionDenied",
        `no access to ${name}: registry ${registry} requires a login or does not have it`,
      );
    case "deniedLogin": {
      const sentence = `no access to ${name}: registry ${registry} refuses the login that this host has for it, or does not have it: renew it by swarmctl login ${registry}, or check the name`;
      return new SwarmError("permissionDenied", sentence);
    }
    case "silent":
      return new SwarmError("unavailable", `${cannot}: registry ${registry} cannot be reached (${refused.why})`);
    case "notOurs":
      return new SwarmError("internal", `${cannot}: ${refused.why}`);
    default:
      return unreachable(refused);
  }
}
