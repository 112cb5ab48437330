import { backoffMs } from "../../shared/backoff.ts";
import { isRetryable, SwarmError } from "../../shared/errors.ts";
import { type ImageReference, parseImageReference, toShortText, withDefaultTag } from "../../shared/image-reference.ts";
import type { Logger } from "../../shared/log.ts";
import { progressWords } from "../../shared/objects/pull-words.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { Random } from "../../shared/ports/random.ts";
import type { RegistryCredentials } from "../../shared/registry/find-credentials.ts";
import type { PullPolicy, PullProgress, PullResult } from "../../shared/rpc/gen/images.ts";
import type { CommandRunner } from "../ports/command-runner.ts";
import type { HostFiles } from "../ports/host-files.ts";
import { type ImageConfig, parseImageConfig } from "./image-config.ts";
import type { ImageUses } from "./image-uses.ts";
import { LayerCheck } from "./layer-check.ts";
import { bigDataFile, findImage, IMAGE_ID, isPlainName, layersOf, parseImages, parseLayers } from "./parse-store.ts";
import type { ImagePlatform } from "./pull/manifest.ts";
import type { Puller } from "./pull/puller.ts";
import { storeName } from "./pull-command.ts";
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

export interface ImageStoreOptions {
  /** Root of the image store. */
  readonly storeRoot: string;
  /** What images must be built for unless somebody wants another platform. */
  readonly platform: ImagePlatform;
}

export interface ImageStorePorts {
  readonly files: HostFiles;
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly puller: Pick<Puller, "pull">;
  readonly uses: ImageUses;
}

/** How an image is wanted. */
export interface Wanted {
  readonly policy: PullPolicy;
  /** null = this host's. */
  readonly platform: ImagePlatform | null;
  /** What is shown to registries for this pull alone; absent = the usual. */
  readonly credentials?: RegistryCredentials;
}

export interface EnsureOptions {
  readonly policy: PullPolicy;
  /** Whose image it is: remembered, so that cleaning up keeps it. "" = nobody's. */
  readonly serviceId: string;
  /** The only one that will do, for a container that was made from it; null or absent = the one that its name means. */
  readonly imageId?: string | null;
}

/** More at once would only share the same link. */
export const PULLS_AT_ONCE = 3;
/**
 * A registry that is being restarted is back by the third attempt; the worker waits out longer faults. Attempts that
 * brought a part of the image do not count: the next one goes on from there.
 */
export const PULL_ATTEMPTS_MAX = 3;
/** Less is not worth another attempt. */
const PROGRESS_BYTES_MIN = 1 << 20;
const PULL_BACKOFF = { baseMs: 300, maxMs: 3_000 } as const;
/** Most have 10 KB. Environment and command are kept in memory (the run directory) for every container of the image. */
const CONFIG_BYTES_MAX = 1 << 20;
const WHOLE_ID = /^[0-9a-f]{64}$/;
/** A task's progress becomes a message to a manager and an entry of the cluster's log. */
const TASK_PROGRESS_PERIOD_MS = 1_000;

/** The images of this host: a containers/storage overlay store, filled by skopeo and read as plain JSON. */
export class ImageStore {
  readonly #options: ImageStoreOptions;
  readonly #ports: ImageStorePorts;
  readonly #pulls = new SharedWork<string, PullProgress>(PULLS_AT_ONCE);
  readonly #layers: LayerCheck;
  #ownPulls = 0;

  constructor(options: ImageStoreOptions, ports: ImageStorePorts) {
    this.#options = options;
    this.#ports = ports;
    this.#layers = new LayerCheck(`${options.storeRoot}/overlay`, ports);
  }

  /**
   * The image for a task, with layers that have been checked, pulled if its policy wants that. `onProgress` gets a few
   * words for people, at most once a second.
   * @throws SwarmError with a sentence for `service ps`.
   */
  async ensure(
    image: string,
    signal: AbortSignal,
    onProgress: (message: string) => void,
    { policy, serviceId, imageId = null }: EnsureOptions = { policy: "PULL_DEFAULT", serviceId: "" },
  ): Promise<LocalImage> {
    // No image's name is a whole id, which may be written without what it is a digest of.
    const reference = withDefaultTag(parseImageReference(WHOLE_ID.test(image) ? `sha256:${image}` : image));
    let toldAtMs = Number.NEGATIVE_INFINITY;
    const tell = (progress: PullProgress): void => {
      const nowMs = this.#ports.clock.now();
      if (nowMs - toldAtMs < TASK_PROGRESS_PERIOD_MS) return;
      toldAtMs = nowMs;
      onProgress(progressWords(progress));
    };
    // A service's image is one that any node finds, so that no id of one node's is meant.
    const meant = imageId ?? (serviceId === "" ? await this.#idMeant(image) : null);
    const known = meant === null ? null : await this.find(reference, meant);
    const local = known ?? (await this.#presentForUse(reference, { policy, serviceId }, signal, tell));
    if (imageId !== null && local.id !== imageId) {
      const sentence = `image ${toShortText(reference)} is another one now than this container was made from`;
      throw new SwarmError(
        "failedPrecondition",
        `${sentence}, and that one is not on this host: make the container anew`,
      );
    }
    await this.#layers.check(local.shortName, local.layerIds, signal);
    this.#ports.uses.prepared(local.id, serviceId);
    return local;
  }

  /** What a person means who gives no name but an id, or a unique beginning of one; null = there is no such image. */
  async #idMeant(text: string): Promise<string | null> {
    const beginning = IMAGE_ID.exec(text)?.[1];
    if (beginning === undefined) return null;
    const all = parseImages(
      (await this.#ports.files.readText(`${this.#options.storeRoot}/overlay-images/images.json`)) ?? "[]",
    );
    const isName = !WHOLE_ID.test(text) && findImage(all, storeName(withDefaultTag(parseImageReference(text))), null);
    if (isName) return null;
    const [found, ...more] = all.filter(({ id }) => id.startsWith(beginning));
    if (more.length === 0) return found?.id ?? null;
    throw new SwarmError("invalidArgument", `${text} is the beginning of the ids of ${more.length + 1} images`);
  }

  /** Whoever reads why a task was rejected has no one who pulls and asks again. */
  async #presentForUse(
    reference: ImageReference,
    { policy, serviceId }: EnsureOptions,
    signal: AbortSignal,
    tell: (progress: PullProgress) => void,
  ): Promise<LocalImage> {
    try {
      return (await this.#present(reference, { policy, platform: null }, signal, tell)).local;
    } catch (error) {
      const isLeftOut = policy === "PULL_NEVER" && serviceId !== "";
      if (!isLeftOut || !(error instanceof SwarmError) || error.code !== "notFound") throw error;
      const name = toShortText({ ...reference, digest: null });
      const sentence = `image ${name} is not on this host, and its service never pulls: bring it by \`swarmctl image push-to-nodes ${name}\``;
      throw new SwarmError("failedPrecondition", sentence, { cause: error });
    }
  }

  /** For people: the same, with the layers' progress. @throws SwarmError. */
  async pull(
    reference: ImageReference,
    wanted: Wanted,
    signal: AbortSignal,
    onProgress: (progress: PullProgress) => void,
  ): Promise<PullResult> {
    const before = await this.find(reference);
    const { local, digest } = await this.#present(reference, wanted, signal, onProgress);
    this.#ports.uses.note(local.id, "");
    return { id: `sha256:${local.id}`, digest, wasPresent: before?.id === local.id, name: storeName(reference) };
  }

  /**
   * An image named by digest never changes, so no registry is asked if it is here; an image named by tag is looked up
   * each time, and if that fails the one that is here is used.
   */
  async #present(
    reference: ImageReference,
    { policy, platform, credentials }: Wanted,
    signal: AbortSignal,
    onProgress: (progress: PullProgress) => void,
  ): Promise<{ readonly local: LocalImage; readonly digest: string }> {
    const present = platform === null ? await this.find(reference) : null;
    const isFixed = reference.digest !== null || policy === "PULL_MISSING" || policy === "PULL_NEVER";
    if (present !== null && isFixed && policy !== "PULL_ALWAYS") {
      return { local: present, digest: reference.digest ?? "" };
    }
    if (policy === "PULL_NEVER") {
      // Docker's sentence: its clients pull and ask again.
      throw new SwarmError("notFound", `No such image: ${toShortText(reference)}`);
    }
    const wanted = platform ?? this.#options.platform;
    // Who shows something of their own gets what that opens, and nobody else does.
    const own = credentials === undefined ? "" : ` ${++this.#ownPulls}`;
    const work = `${storeName(reference)} ${Object.values(wanted).join("/")}${own}`;
    let digest = "";
    try {
      digest = await this.#pulls.join(work, signal, onProgress, (context) =>
        this.#pull(reference, { platform: wanted, credentials }, context),
      );
    } catch (error) {
      if (present === null || policy === "PULL_ALWAYS" || signal.aborted) throw error;
      this.#ports.log.warn("using the image that is on this host already, since it could not be pulled", {
        image: storeName(reference),
        error,
      });
      return { local: present, digest };
    }
    const pulled = await this.find(reference);
    if (pulled === null) {
      throw new SwarmError("internal", `image ${toShortText(reference)} was pulled but is not in the store`);
    }
    this.#ports.uses.noteFetched(pulled.id);
    return { local: pulled, digest };
  }

  /** By its name, or by its id where one is given. null = not on this host, or not wholly. */
  async find(reference: ImageReference, id: string | null = null): Promise<LocalImage | null> {
    const { files } = this.#ports;
    const { storeRoot } = this.#options;
    const [images, layers] = await Promise.all([
      files.readText(`${storeRoot}/overlay-images/images.json`),
      files.readText(`${storeRoot}/overlay-layers/layers.json`),
    ]);
    if (images === null || layers === null) return null;
    const all = parseImages(images);
    const image =
      id === null
        ? findImage(all, storeName(reference), reference.digest)
        : (all.find((each) => each.id === id) ?? null);
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

  async #pull(
    reference: ImageReference,
    {
      platform,
      credentials,
    }: { readonly platform: ImagePlatform; readonly credentials: RegistryCredentials | undefined },
    { signal, report }: WorkContext<PullProgress>,
  ): Promise<string> {
    const { clock, random, log, puller } = this.#ports;
    const image = toShortText({ ...reference, digest: null });
    const begunAt = clock.now();
    report({ image, layers: [], isWhole: false, bytesSoFar: 0, result: null });
    let most = 0;
    const onProgress = (progress: PullProgress): void => {
      most = Math.max(most, bytesOf(progress));
      report(progress);
    };
    let mostBefore = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        const known = await this.#knownLayers();
        const digest = await puller.pull(reference, {
          ...{ platform, known, signal, report: onProgress },
          ...(credentials === undefined ? {} : { credentials }),
        });
        log.info("pulled image", { image: storeName(reference), tookMs: Math.round(clock.now() - begunAt) });
        return digest;
      } catch (error) {
        if (most - mostBefore >= PROGRESS_BYTES_MIN) attempt = 1;
        mostBefore = most;
        if (!isRetryable(error) || attempt >= PULL_ATTEMPTS_MAX || signal.aborted) throw error;
        log.info("pulling failed, trying again", { image, attempt, error });
        await sleep(clock, backoffMs(attempt, PULL_BACKOFF, random), "images/pull retry", signal);
      }
    }
  }

  /** Digests of the layers that need not be fetched, as registries keep them. */
  async #knownLayers(): Promise<ReadonlySet<string>> {
    const text = await this.#ports.files.readText(`${this.#options.storeRoot}/overlay-layers/layers.json`);
    if (text === null) return new Set();
    return new Set([...parseLayers(text).values()].map(({ compressedDigest }) => compressedDigest).filter(Boolean));
  }
}

function bytesOf({ layers, bytesSoFar }: PullProgress): number {
  return layers.reduce((sum, { state, current }) => (state === "EXISTS" ? sum : sum + current), bytesSoFar);
}
