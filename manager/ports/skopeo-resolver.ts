import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { SwarmError } from "../../shared/errors.ts";
import { type ImageReference, toFullText, toShortText } from "../../shared/image-reference.ts";
import type { Logger } from "../../shared/log.ts";
import type { Platform } from "../../shared/rpc/gen/objects.ts";
import { shortageOf } from "../../shared/shortage.ts";
import type { ImageResolver, ResolvedImage } from "./image-resolver.ts";

/** How long a registry may take. A person is waiting for `service create`; an outage must be reported soon. */
export const RESOLVE_TIMEOUT_MS = 10_000;
/** Registries refuse larger manifests themselves (the distribution specification recommends 4 MiB). */
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024;

export interface SkopeoResolverOptions {
  readonly log: Logger;
  /** Path or name of the program. */
  readonly skopeo?: string;
  /** containers-registries.conf(5) with mirrors and credentials; null = the host's own. */
  readonly registriesConf: string | null;
  readonly timeoutMs?: number;
}

/**
 * Resolves by `skopeo inspect --raw`: one request to the registry for the manifest, whose hash is the digest. A plain
 * image (no list) takes a second request for its configuration, the only place that states its platform.
 */
export class SkopeoResolver implements ImageResolver {
  readonly #options: SkopeoResolverOptions;

  constructor(options: SkopeoResolverOptions) {
    this.#options = options;
  }

  async resolve(image: ImageReference, signal: AbortSignal): Promise<ResolvedImage> {
    const manifest = await this.#inspect(image, ["--raw"], signal);
    const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
    const listed = platformsOfList(parse(manifest, image));
    if (listed !== null) return { digest, platforms: listed };
    const config = await this.#inspect({ ...image, tag: null, digest }, ["--raw", "--config"], signal);
    return { digest, platforms: [toPlatform(parse(config, image))].filter(isKnown) };
  }

  #inspect(image: ImageReference, flags: readonly string[], signal: AbortSignal): Promise<Buffer> {
    const { registriesConf, skopeo = "skopeo", timeoutMs = RESOLVE_TIMEOUT_MS, log } = this.#options;
    const args = [
      // A global flag: skopeo 1.9 of Debian 12 does not read the environment variable.
      ...(registriesConf === null ? [] : ["--registries-conf", registriesConf]),
      "inspect",
      ...flags,
      `docker://${toFullText(image)}`,
    ];
    return new Promise((resolve, reject) => {
      execFile(
        skopeo,
        args,
        { encoding: "buffer", maxBuffer: MANIFEST_BYTES_MAX, timeout: timeoutMs, killSignal: "SIGKILL", signal },
        (error, stdout, stderr) => {
          if (error === null) {
            resolve(stdout);
            return;
          }
          // Mirrors and their addresses concern only the operator: they are logged and not sent to callers. The caller
          // is told; there is nothing for an operator to do.
          log.info("image not resolved", { image: toFullText(image), error: error.message, stderr: stderr.toString() });
          reject(toFault(image, stderr.toString(), error));
        },
      );
    });
  }
}

/** Why skopeo failed, in a sentence for callers. Exported for its tests. */
export function toFault(image: ImageReference, stderr: string, cause?: Error): SwarmError {
  const name = toShortText(image);
  const options = cause === undefined ? {} : { cause };
  const { registry } = image;
  if (cause !== undefined && "code" in cause && cause.code === "ENOENT") {
    return new SwarmError(
      "unavailable",
      "skopeo is not installed on this manager, so no image can be looked up",
      options,
    );
  }
  const shortage = shortageOf(cause);
  if (shortage !== null) return new SwarmError("resourceExhausted", `cannot look up ${name} now: ${shortage}`, options);
  // With mirrors all failures are listed; the last is the registry's own, and it decides.
  const reason = stderr.slice(stderr.lastIndexOf("]): ") + 1);
  // Registries hide what the caller may not see behind "denied"; Docker Hub answers so for images that do not exist.
  if (/unauthorized|authentication required|(?<!permission )denied|403 \(Forbidden\)/i.test(reason)) {
    return new SwarmError(
      "notFound",
      `image ${name} not found in registry ${registry}: it does not exist, or access to it is denied`,
      options,
    );
  }
  if (/manifest unknown|name unknown|404 \(Not Found\)|not found: manifest|repository .* not found/i.test(reason)) {
    return new SwarmError(
      "notFound",
      `image ${name} not found in registry ${registry}: check its name and tag`,
      options,
    );
  }
  return new SwarmError("unavailable", `registry ${registry} cannot be reached or does not answer`, options);
}

/** null when the manifest is not a list. */
function platformsOfList(manifest: unknown): Platform[] | null {
  if (typeof manifest !== "object" || manifest === null || !("manifests" in manifest)) return null;
  const { manifests } = manifest;
  if (!Array.isArray(manifests)) return null;
  return manifests
    .map((entry: unknown) =>
      toPlatform(typeof entry === "object" && entry !== null && "platform" in entry ? entry.platform : null),
    )
    .filter(isKnown);
}

function toPlatform(value: unknown): Platform {
  const { architecture = "", os = "" } = (value ?? {}) as { architecture?: unknown; os?: unknown };
  return { architecture: toMachine(String(architecture)), os: String(os) };
}

/** Attestations and the like are listed with platform unknown/unknown; nothing runs there. */
function isKnown({ architecture, os }: Platform): boolean {
  return os !== "unknown" && (architecture !== "" || os !== "");
}

/** From Go's word for an architecture to the kernel's (uname -m). */
function toMachine(architecture: string): string {
  switch (architecture) {
    case "amd64":
      return "x86_64";
    case "arm64":
      return "aarch64";
    default:
      return architecture;
  }
}

function parse(bytes: Buffer, image: ImageReference): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new SwarmError("unavailable", `registry ${image.registry} gave an answer that cannot be understood`, {
      cause: error,
    });
  }
}
