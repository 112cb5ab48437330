import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SwarmError } from "../../shared/errors.ts";
import { type ImageReference, toFullText, toShortText } from "../../shared/image-reference.ts";
import type { Logger } from "../../shared/log.ts";
import { atUsualPriority } from "../../shared/ports/own-priority.ts";
import type { RegistryCredentials } from "../../shared/registry/find-credentials.ts";
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
  /** The swarm's logins, and a directory of memory for the file that tells skopeo. Default: the host's own files. */
  readonly authFile?: { readonly credentials: RegistryCredentials; readonly directory: string };
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
    using auth = this.#authFile(image);
    const manifest = await this.#inspect(image, ["--raw", ...auth.flags], signal);
    const digest = `sha256:${createHash("sha256").update(manifest).digest("hex")}`;
    const listed = platformsOfList(manifest, image);
    if (listed !== null) return { digest, platforms: listed };
    const flags = ["--raw", "--config", ...auth.flags];
    const config = await this.#inspect({ ...image, tag: null, digest }, flags, signal);
    return { digest, platforms: platformsOfConfig(config, image) };
  }

  /** Nobody else sees a password: neither in a command line nor, for longer than the look-up, in a file. */
  #authFile(image: ImageReference): Disposable & { readonly flags: readonly string[] } {
    const { authFile } = this.#options;
    const text = authFile?.credentials.authFile([image]) ?? null;
    if (authFile === undefined || text === null) return { flags: [], [Symbol.dispose]: () => {} };
    mkdirSync(authFile.directory, { recursive: true, mode: 0o700 });
    const path = join(authFile.directory, `${randomUUID()}.json`);
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
    return { flags: ["--authfile", path], [Symbol.dispose]: () => rmSync(path, { force: true }) };
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
      atUsualPriority(() =>
        execFile(
          skopeo,
          args,
          { encoding: "buffer", maxBuffer: MANIFEST_BYTES_MAX, timeout: timeoutMs, killSignal: "SIGKILL", signal },
          (error, stdout, stderr) => {
            if (error === null) {
              resolve(stdout);
              return;
            }
            // Mirrors and their addresses concern only the operator: they are logged and not sent to callers. The
            // caller is told; there is nothing for an operator to do.
            log.info("image not resolved", {
              image: toFullText(image),
              error: error.message,
              stderr: stderr.toString(),
            });
            reject(toFault(image, stderr.toString(), error));
          },
        ),
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
