import { backoffMs } from "../../shared/backoff.ts";
import { isRetryable, SwarmError } from "../../shared/errors.ts";
import { type ImageReference, parseImageReference, toShortText, withDefaultTag } from "../../shared/image-reference.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { type ImageConfig, parseImageConfig } from "./image-config.ts";
import { LayerCheck } from "./layer-check.ts";
import { bigDataFile, findImage, isPlainName, layersOf, parseImages, parseLayers } from "./parse-store.ts";
import { type PullCommandOptions, progressWords, pullCommand, storeName } from "./pull-command.ts";
import { toPullError } from "./pull-errors.ts";
import { SharedWork, type WorkContext } from "./shared-work.ts";

/** An image that is on this host, with everything a container needs from it. */
export interface LocalImage {
  readonly id: string;
  /** As people write it, without the digest. */
  readonly shortName: string;
  readonly config: ImageConfig;
  /** The directory the layer links are relative to. */
  readonly overlayDirectory: string;
  /** Short names of its layers' contents, relative to `overlayDirectory`, topmost first. */
  readonly layerLinks: readonly string[];
  /** Ids of the layers, topmost first. */
  readonly layerIds: readonly string[];
}

export interface ImageStoreOptions extends Omit<PullCommandOptions, "temporaryDirectory"> {}
export interface ImageStorePorts {
  readonly files: HostFiles;
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** More at once would only share the same link. */
export const PULLS_AT_ONCE = 3;
/** A registry that is being restarted is back by the third attempt; the worker waits out longer faults. */
export const PULL_ATTEMPTS_MAX = 3;
const PULL_BACKOFF = { baseMs: 300, maxMs: 3_000 } as const;
/** A large image over a slow line. */
const PULL_TIMEOUT_MS = 60 * 60_000;
/** Most have 10 KB. Environment and command are kept in memory (the run directory) for every container of the image. */
const CONFIG_BYTES_MAX = 1 << 20;
/** How often people see how much has arrived. */
const PROGRESS_PERIOD_MS = 1_000;

/** The images of this host: a containers/storage overlay store, filled by skopeo and read as plain JSON. */
export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #ports: ImageStorePorts;
  readonly #pulls = new SharedWork<void>(PULLS_AT_ONCE);
  readonly #layers: LayerCheck;
  #pullsBegun = 0;

  constructor(options: ImageStoreOptions, ports: ImageStorePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#layers = new LayerCheck(`${options.storeRoot}/overlay`, ports);
  }

  /**
   * The image, with layers that have been checked, pulled unless it is here. An image named by digest never changes, so
   * no registry is asked if it is here; an image named by tag is looked up each time, and if that fails the one that is
   * here is used.
   * @throws SwarmError with a sentence for `service ps`.
   */
  async ensure(image: string, signal: AbortSignal, onProgress: (message: string) => void): Promise<LocalImage> {
    const local = await this.#present(image, signal, onProgress);
    await this.#layers.check(local.shortName, local.layerIds, signal);
    return local;
  }

  async #present(image: string, signal: AbortSignal, onProgress: (message: string) => void): Promise<LocalImage> {
    const reference = withDefaultTag(parseImageReference(image));
    const present = await this.find(reference);
    if (present !== null && reference.digest !== null) return present;
    try {
      await this.#pulls.join(storeName(reference), signal, onProgress, (context) => this.#pull(reference, context));
    } catch (error) {
      if (present === null || signal.aborted) throw error;
      this.#ports.log.warn("using the image that is on this host already, since it could not be pulled", {
        image,
        error,
      });
      return present;
    }
    const pulled = await this.find(reference);
    if (pulled === null) throw new SwarmError("internal", `image ${image} was pulled but is not in the store`);
    return pulled;
  }

  /** null = not on this host, or not wholly. */
  async find(reference: ImageReference): Promise<LocalImage | null> {
    const { files } = this.#ports;
    const { storeRoot } = this.#options;
    const [images, layers] = await Promise.all([
      files.readText(`${storeRoot}/overlay-images/images.json`),
      files.readText(`${storeRoot}/overlay-layers/layers.json`),
    ]);
    if (images === null || layers === null) return null;
    const image = findImage(parseImages(images), storeName(reference), reference.digest);
    const chain = image === null ? null : layersOf(image, parseLayers(layers));
    if (image === null || chain === null) return null;
    const configPath = `${storeRoot}/overlay-images/${image.id}/${bigDataFile(image.configKey)}`;
    const shortName = toShortText({ ...reference, digest: null });
    if ((await files.sizeOf(configPath)) > CONFIG_BYTES_MAX) {
      const sentence = `image ${shortName} has a configuration of more than ${CONFIG_BYTES_MAX >> 10} KiB, and is not used`;
      throw new SwarmError("failedPrecondition", sentence);
    }
    const [config, links] = await Promise.all([
      files.readText(configPath, CONFIG_BYTES_MAX),
      Promise.all(chain.map((layer) => files.readText(`${storeRoot}/overlay/${layer}/link`))),
    ]);
    const layerLinks = links.map((link) => link?.trim() ?? "");
    // They go into the options of a mount.
    if (config === null || !layerLinks.every(isPlainName)) return null;
    return {
      id: image.id,
      shortName,
      config: parseImageConfig(config, shortName),
      overlayDirectory: `${storeRoot}/overlay`,
      layerLinks: layerLinks.map((link) => `l/${link}`),
      layerIds: chain,
    };
  }

  async #pull(reference: ImageReference, { signal, report }: WorkContext): Promise<void> {
    const { clock, random, log } = this.#ports;
    const image = toShortText({ ...reference, digest: null });
    const begunAt = clock.now();
    for (let attempt = 1; ; attempt++) {
      report(progressWords(image, 0, 0));
      try {
        await this.#copy(reference, image, signal, report);
        log.info("pulled image", { image: storeName(reference), tookMs: Math.round(clock.now() - begunAt) });
        return;
      } catch (error) {
        if (!isRetryable(error) || attempt === PULL_ATTEMPTS_MAX || signal.aborted) throw error;
        log.info("pulling failed, trying again", { image, attempt, error });
        await sleep(clock, backoffMs(attempt, PULL_BACKOFF, random), "images/pull retry", signal);
      }
    }
  }

  async #copy(
    reference: ImageReference,
    image: string,
    signal: AbortSignal,
    report: (message: string) => void,
  ): Promise<void> {
    const { commands, files } = this.#ports;
    const temporaryDirectory = `${this.#options.storeRoot}/pulls/${++this.#pullsBegun}`;
    await files.remove(temporaryDirectory);
    await files.makeDirectory(temporaryDirectory);
    const watching = new AbortController();
    try {
      const argv = pullCommand(reference, { ...this.#options, temporaryDirectory });
      const copied = commands.run(argv, { signal, timeoutMs: PULL_TIMEOUT_MS });
      void this.#reportProgress(image, temporaryDirectory, watching.signal, report);
      const result = await copied;
      if (result.exitCode === 127) {
        throw new SwarmError("failedPrecondition", `cannot pull ${image}: skopeo is not installed on this host`);
      }
      if (result.exitCode !== 0) throw toPullError(result.stderr, image, reference.registry);
    } finally {
      watching.abort();
      await files.remove(temporaryDirectory);
    }
  }

  /** Never rejects: the progress of a pull does not matter enough to fail it. */
  async #reportProgress(
    image: string,
    directory: string,
    signal: AbortSignal,
    report: (message: string) => void,
  ): Promise<void> {
    const { clock, files } = this.#ports;
    try {
      for (;;) {
        await sleep(clock, PROGRESS_PERIOD_MS, "images/progress", signal);
        const [inside] = await files.list(directory);
        if (inside === undefined) continue;
        const blobs = await files.list(`${directory}/${inside}`);
        const sizes = await Promise.all(blobs.map((blob) => files.sizeOf(`${directory}/${inside}/${blob}`)));
        const bytes = sizes.reduce((sum, size) => sum + size, 0);
        if (!signal.aborted) report(progressWords(image, blobs.length, bytes));
      }
    } catch {
      // The pull is over, or its files are just being removed.
    }
  }
}
