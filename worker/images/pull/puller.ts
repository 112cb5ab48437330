import { SwarmError } from "../../../shared/errors.ts";
import { type ImageReference, toShortText } from "../../../shared/image-reference.ts";
import { sleep } from "../../../shared/ports/clock.ts";
import type { RegistryCredentials } from "../../../shared/registry/find-credentials.ts";
import { digestOf } from "../../../shared/registry/registry-door.ts";
import type { PullProgress } from "../../../shared/rpc/gen/images.ts";
import type { CommandRunner } from "../../ports/command-runner.ts";
import type { HostFiles } from "../../ports/host-files.ts";
import type { AuthFiles } from "../auth-files.ts";
import {
  bigDataFile,
  findImage,
  layersOf,
  parseImages,
  parseLayers,
  type StoreImage,
  type StoreLayer,
} from "../parse-store.ts";
import { type PullCommandOptions, pullCommand, type SkopeoSource, storeName, storePlace } from "../pull-command.ts";
import { toPullError } from "../pull-errors.ts";
import { type BlobCache, hexOf } from "./blob-cache.ts";
import { hasLayersItNames } from "./layers-named.ts";
import type { Blob, ImagePlatform } from "./manifest.ts";
import { ProgressBoard } from "./progress-board.ts";
import { type FoundImage, findInRegistry, type RegistryPullPorts } from "./registry-pull.ts";
import { judgementOf } from "./signature-policy.ts";

export interface PullerOptions extends Omit<PullCommandOptions, "temporaryDirectory" | "authFile"> {}

export interface PullerPorts extends RegistryPullPorts {
  readonly hostFiles: HostFiles;
  readonly commands: CommandRunner;
  readonly blobs: BlobCache;
  readonly authFiles: AuthFiles;
}

/** One attempt to bring an image into the store. */
export interface Attempt {
  readonly platform: ImagePlatform;
  /** Digests of layers that the store has, as registries keep them. */
  readonly known: ReadonlySet<string>;
  /** What is shown to registries; absent = the usual. */
  readonly credentials?: RegistryCredentials;
  readonly signal: AbortSignal;
  readonly report: (progress: PullProgress) => void;
}

/** Below the store's root: a directory for each pull, with what skopeo is given. */
export const PULLS_DIRECTORY = "pulls";
/** A large image over a slow line. */
const PULL_TIMEOUT_MS = 60 * 60_000;
/** How often people see how much has arrived. */
const PROGRESS_PERIOD_MS = 1_000;
const SYSTEM_POLICY = "/etc/containers/policy.json";
/** Of skopeo's transport `dir`. */
const VERSION_TEXT = "Directory Transport Version: 1.1\n";

/**
 * Brings images into the store: their blobs by HTTP in this process, then skopeo unpacks them from a directory. What
 * our client cannot do (signatures, programs for credentials, certificates and proxies), skopeo does alone.
 */
export class Puller {
  readonly #options: PullerOptions;
  readonly #ports: PullerPorts;
  #begun = 0;

  constructor(options: PullerOptions, ports: PullerPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  /**
   * Resolves with the digest of what the reference means; "" where only skopeo knows.
   * @throws SwarmError with a sentence for `service ps`.
   */
  async pull(image: ImageReference, attempt: Attempt): Promise<string> {
    const name = toShortText({ ...image, digest: null });
    const judgement = await this.#judge(image);
    if (judgement === "none") {
      throw new SwarmError("failedPrecondition", `image ${name} is rejected by this host's signature policy`);
    }
    const found = judgement === "any" ? await this.#find(image, attempt) : null;
    if (found !== null && (await this.#isHere(image, found))) {
      const layers = unique(found.manifest.layers);
      new ProgressBoard(name, layers, new Set(layers.map(({ digest }) => digest)), attempt.report);
      // A daemon that was killed when all was in the store has left them.
      await this.#ports.blobs.drop([found.manifest.config, ...layers]);
      return digestOf(found.listBytes ?? found.manifestBytes);
    }
    const directory = `${this.#options.storeRoot}/${PULLS_DIRECTORY}/${++this.#begun}`;
    await this.#ports.hostFiles.remove(directory);
    await this.#ports.hostFiles.makeDirectory(directory);
    try {
      if (found === null) await this.#bySkopeo(image, name, directory, attempt);
      const digest = found === null ? "" : await this.#inProcess(image, { name, found, directory }, attempt);
      await this.#checkLayers(image, name);
      return digest;
    } finally {
      await this.#ports.hostFiles.remove(directory);
    }
  }

  async #judge(image: ImageReference): Promise<ReturnType<typeof judgementOf>> {
    const { policy } = this.#options;
    if (policy === null) return "any";
    const text = await this.#ports.hostFiles.readText(policy === "" ? SYSTEM_POLICY : policy);
    // skopeo knows where else it may be, and says what is wrong.
    return text === null ? "signed" : judgementOf(text, image);
  }

  /** null = skopeo's business. */
  async #find(image: ImageReference, { platform, signal, credentials }: Attempt): Promise<FoundImage | null> {
    const ports = credentials === undefined ? this.#ports : { ...this.#ports, credentials };
    const answer = await findInRegistry(image, platform, ports, signal);
    if (answer.kind === "found") return answer.image;
    this.#ports.log.debug("image left to skopeo", { image: storeName(image), why: answer.why });
    return null;
  }

  /**
   * Whether the store has exactly that under that name: then there is nothing to bring. A task whose image is named by
   * tag asks each time, and the answer is nearly always the same.
   */
  async #isHere(image: ImageReference, { manifest, manifestBytes, listBytes }: FoundImage): Promise<boolean> {
    const stored = await this.#stored(image);
    if (stored === null || `sha256:${stored.image.id}` !== manifest.config.digest) return false;
    const wanted = listBytes === null ? [manifestBytes] : [manifestBytes, listBytes];
    const isNamed = stored.image.names.includes(storeName(image));
    return isNamed && stored.isWhole && wanted.every((bytes) => stored.image.digests.includes(digestOf(bytes)));
  }

  async #inProcess(image: ImageReference, work: Work, attempt: Attempt): Promise<string> {
    const { manifest, listBytes, manifestBytes } = work.found;
    const all = unique([manifest.config, ...manifest.layers]);
    const known = (digest: string): boolean => attempt.known.has(digest) && digest !== manifest.config.digest;
    const missing = all.filter(({ digest }) => !known(digest));
    try {
      await this.#bring(image, work, missing, attempt);
    } catch (error) {
      // The store may have lost a layer that it had when it was asked.
      if (missing.length === all.length || !(error instanceof SwarmError) || error.code !== "internal") throw error;
      await this.#bring(image, work, all, attempt);
    }
    await this.#ports.blobs.drop(all);
    return digestOf(listBytes ?? manifestBytes);
  }

  async #bring(image: ImageReference, work: Work, missing: readonly Blob[], attempt: Attempt): Promise<void> {
    const { name, found, directory } = work;
    const isMissing = new Set(missing.map(({ digest }) => digest));
    const known = new Set(found.manifest.layers.map(({ digest }) => digest).filter((digest) => !isMissing.has(digest)));
    const board = new ProgressBoard(name, unique(found.manifest.layers), known, attempt.report);
    using _held = this.#ports.blobs.hold(missing);
    await this.#fetch(missing, work, board, attempt.signal);
    await this.#writeManifests(found, directory);
    board.unpacking();
    // Our client has seen to the policy of the registry, which a directory is not.
    await this.#copy(image, { kind: "directory", directory }, directory, attempt);
    board.done();
  }

  /** All of them, or the first fault, once nothing is under way any more. */
  async #fetch(missing: readonly Blob[], work: Work, board: ProgressBoard, signal: AbortSignal): Promise<void> {
    const { hostFiles: files, blobs } = this.#ports;
    const failing = new AbortController();
    const either = AbortSignal.any([signal, failing.signal]);
    const results = await Promise.allSettled(
      missing.map(async (blob) => {
        try {
          const onBytes = (bytes: number): void => board.arrived(blob.digest, bytes);
          await blobs.fetch(blob, work.found.blobs, either, onBytes);
        } catch (error) {
          failing.abort(error);
          throw error;
        }
        board.whole(blob.digest);
        const path = `${work.directory}/${hexOf(blob.digest)}`;
        if ((await files.kindOf(path)) === null) await files.addName(blobs.pathOf(blob.digest), path);
      }),
    );
    signal.throwIfAborted();
    if (failing.signal.aborted) throw failing.signal.reason;
    // What fails beyond fetching is a fault of the disk.
    for (const result of results) if (result.status === "rejected") throw result.reason;
  }

  /** As skopeo's transport `dir` wants them: the list as it came, so that the image keeps the digest of its name. */
  async #writeManifests({ listBytes, manifestBytes }: FoundImage, directory: string): Promise<void> {
    const files = this.#ports.hostFiles;
    const put = async (name: string, bytes: Uint8Array): Promise<void> => {
      await files.remove(`${directory}/${name}`);
      await files.writeBytes(`${directory}/${name}`, bytes, { uid: 0, gid: 0, mode: 0o600 });
    };
    await put("version", Buffer.from(VERSION_TEXT));
    await put("manifest.json", listBytes ?? manifestBytes);
    if (listBytes !== null) await put(`${hexOf(digestOf(manifestBytes))}.manifest.json`, manifestBytes);
  }

  async #bySkopeo(image: ImageReference, name: string, directory: string, attempt: Attempt): Promise<void> {
    const watching = new AbortController();
    await using auth = await this.#ports.authFiles.write([image], attempt.credentials);
    try {
      const copied = this.#copy(image, { kind: "registry" }, directory, attempt, auth.path);
      void this.#watch(name, directory, watching.signal, attempt.report);
      await copied;
    } finally {
      watching.abort();
    }
  }

  async #copy(
    image: ImageReference,
    source: SkopeoSource,
    temporaryDirectory: string,
    { signal, platform }: Attempt,
    authFile = "",
  ): Promise<void> {
    const argv = pullCommand(image, source, platform, { ...this.#options, temporaryDirectory, authFile });
    const name = toShortText({ ...image, digest: null });
    const result = await this.#ports.commands.run(argv, { signal, timeoutMs: PULL_TIMEOUT_MS });
    if (result.exitCode === 127) {
      throw new SwarmError("failedPrecondition", `cannot pull ${name}: skopeo is not installed on this host`);
    }
    if (result.exitCode !== 0) throw toPullError(result.stderr, name, image.registry);
  }

  /** The store does not look whether the layers are the configuration's. @throws SwarmError when they are not. */
  async #checkLayers(image: ImageReference, name: string): Promise<void> {
    const { hostFiles: files, commands } = this.#ports;
    const { storeRoot, skopeo } = this.#options;
    const stored = await this.#stored(image);
    if (stored === null) return;
    const { id, configKey } = stored.image;
    const config = await files.readText(`${storeRoot}/overlay-images/${id}/${bigDataFile(configKey)}`);
    if (config === null || hasLayersItNames(config, stored.layers)) return;
    await commands.run(["unshare", "--mount", skopeo, "delete", storePlace(this.#options, `@${id}`)]);
    const sentence = `image ${name} is refused: its layers are not those that its configuration names`;
    throw new SwarmError("failedPrecondition", sentence);
  }

  /** What the store has under the name, with those of its layers that it has, topmost first; null = nothing. */
  async #stored(image: ImageReference): Promise<Stored | null> {
    const { hostFiles: files } = this.#ports;
    const { storeRoot } = this.#options;
    const [images, layers] = await Promise.all([
      files.readText(`${storeRoot}/overlay-images/images.json`),
      files.readText(`${storeRoot}/overlay-layers/layers.json`),
    ]);
    const found = images === null ? null : findImage(parseImages(images), storeName(image), image.digest);
    if (found === null || layers === null) return null;
    const known = parseLayers(layers);
    const chain = layersOf(found, known);
    const ofStore = (chain ?? []).map((id) => known.get(id)).filter((layer) => layer !== undefined);
    return { image: found, layers: ofStore, isWhole: chain !== null };
  }

  /** Never rejects: the progress of a pull does not matter enough to fail it. */
  async #watch(
    image: string,
    directory: string,
    signal: AbortSignal,
    report: (progress: PullProgress) => void,
  ): Promise<void> {
    const { hostFiles: files, clock } = this.#ports;
    const say = (bytesSoFar: number): void => report({ image, layers: [], isWhole: false, bytesSoFar, result: null });
    say(0);
    try {
      for (;;) {
        await sleep(clock, PROGRESS_PERIOD_MS, "images/progress", signal);
        const [inside] = await files.list(directory);
        if (inside === undefined) continue;
        const names = await files.list(`${directory}/${inside}`);
        const sizes = await Promise.all(names.map((name) => files.sizeOf(`${directory}/${inside}/${name}`)));
        if (!signal.aborted) say(sizes.reduce((sum, size) => sum + size, 0));
      }
    } catch {
      // The pull is over, or its files are just being removed.
    }
  }
}

interface Stored {
  readonly image: StoreImage;
  readonly layers: readonly StoreLayer[];
  readonly isWhole: boolean;
}

interface Work {
  readonly name: string;
  readonly found: FoundImage;
  readonly directory: string;
}

function unique(blobs: readonly Blob[]): readonly Blob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
