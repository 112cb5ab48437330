import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { SwarmError } from "../../shared/errors.ts";
import { type ImageReference, toFullText, toShortText } from "../../shared/image-reference.ts";
import type { Logger } from "../../shared/log.ts";
import { MANIFEST_BYTES_MAX, platformsOfConfig, platformsOfList } from "../../shared/registry/image-platforms.ts";
import { shortageOf } from "../../shared/shortage.ts";
import { blockedRegistry, deniedImage, silentRegistry, unknownImage } from "./image-faults.ts";
import { type ImageResolver, RESOLVE_TIMEOUT_MS, type ResolvedImage } from "./image-resolver.ts";

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
    const listed = platformsOfList(manifest, image);
    if (listed !== null) return { digest, platforms: listed };
    const config = await this.#inspect({ ...image, tag: null, digest }, ["--raw", "--config"], signal);
    return { digest, platforms: platformsOfConfig(config, image) };
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
  if (/ is blocked in /.test(reason)) return blockedRegistry(image, options);
  if (/unauthorized|authentication required|(?<!permission )denied|403 \(Forbidden\)/i.test(reason)) {
    return deniedImage(image, options);
  }
  if (/manifest unknown|name unknown|404 \(Not Found\)|not found: manifest|repository .* not found/i.test(reason)) {
    return unknownImage(image, options);
  }
  return silentRegistry(image, options);
}
