import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import { type Clock, sleep } from "../../shared/ports/clock.ts";
import type { RemovedImage } from "../../shared/rpc/gen/images.ts";
import type { HostFiles } from "../ports/host-files.ts";
import {
  type Catalog,
  type CatalogImage,
  type CatalogReader,
  lookUp,
  nameMeant,
  parentsOf,
  shortName,
} from "./catalog.ts";
import type { ImageUses } from "./image-uses.ts";
import type { BlobCache } from "./pull/blob-cache.ts";
import {
  type CollectionRules,
  collected,
  type DiskRoom,
  type Needs,
  type PruneWishes,
  protectedIds,
  pruned,
  reclaimed,
} from "./removal.ts";
import type { StoreTools } from "./store-tools.ts";

/** A container that was made from an image. */
export interface ImageUser {
  readonly imageId: string;
  /** The container's name. */
  readonly name: string;
  readonly isRunning: boolean;
}

export interface ImageKeeperParts {
  readonly catalog: CatalogReader;
  readonly tools: StoreTools;
  readonly uses: ImageUses;
  readonly blobs: BlobCache;
  readonly files: HostFiles;
  /** Of the file system that holds the images. */
  readonly room: () => Promise<DiskRoom>;
  /** All containers of this host. */
  readonly users: () => readonly ImageUser[];
  /** Services that have tasks here. */
  readonly services: () => ReadonlySet<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Removal {
  readonly removed: readonly RemovedImage[];
  readonly reclaimedBytes: number;
}

/** How often the disk is looked at: one system call. */
const LOOK_PERIOD_MS = 5 * 60_000;
/** How often images are looked at for their age, which means reading the whole list. */
const AGE_PERIOD_MS = 60 * 60_000;
/** What a pull left behind is of no use to the next one after so long: the image has changed. */
const BLOB_AGE_MS = 24 * 60 * 60_000;
const NOTHING: Removal = { removed: [], reclaimedBytes: 0 };

/** Removes images: one that a person names, those that nothing needs, and by itself when the disk fills up. */
export class ImageKeeper {
  readonly #parts: ImageKeeperParts;
  #tail: Promise<unknown> = Promise.resolve();
  #agesLookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ImageKeeperParts) {
    this.#parts = parts;
  }

  needs(): Needs {
    const { uses, users } = this.#parts;
    const containers = new Map<string, number>();
    for (const { imageId } of users()) containers.set(imageId, (containers.get(imageId) ?? 0) + 1);
    const { usedAtMs, ofServices, fetched } = uses.memory;
    const { preparedAtMs } = uses;
    return { containers, usedAtMs, preparedAtMs, fetched, ofServices: new Set([...ofServices.values()].flat()) };
  }

  /**
   * Takes a name from an image, and with the last one removes it.
   * @throws SwarmError notFound; failedPrecondition when a container needs it, or an id means several names.
   */
  remove(ref: string, options: { readonly force: boolean; readonly noPrune: boolean }): Promise<Removal> {
    return this.#alone(async () => {
      const catalog = await this.#parts.catalog.read();
      const target = lookUp(catalog, ref);
      const name = nameMeant(target, ref);
      const { names } = target.image;
      if (name !== null && names.length > 1) {
        await this.#parts.tools.untag(name);
        return { removed: [{ untagged: shortName(name), deleted: "" }], reclaimedBytes: 0 };
      }
      this.#checkRemovable(target, ref, options.force);
      const bases = options.noPrune ? [] : this.#unneededBases(catalog, target);
      return await this.#delete(catalog, [target, ...bases]);
    });
  }

  prune(wishes: PruneWishes): Promise<Removal> {
    return this.#alone(async () => {
      const catalog = await this.#parts.catalog.read();
      const removal = await this.#delete(catalog, pruned(catalog, this.needs(), wishes, this.#parts.clock.wallNow()));
      const blobBytes = wishes.untilMs === 0 ? await this.#clearBlobs() : 0;
      return { ...removal, reclaimedBytes: removal.reclaimedBytes + blobBytes };
    });
  }

  /** Removes what goes by itself now. */
  collect(rules: CollectionRules): Promise<Removal> {
    return this.#alone(async () => {
      const { catalog: reader, clock, uses, services, room, log } = this.#parts;
      const catalog = await reader.read();
      await uses.tidy(new Set(catalog.images.map(({ image }) => image.id)), services());
      const going = collected(catalog, this.needs(), rules, await room(), clock.wallNow());
      const removal = await this.#delete(catalog, going);
      const reclaimedBytes = removal.reclaimedBytes + (await this.#clearBlobs());
      if (removal.removed.length > 0) {
        const images = removal.removed.map(({ untagged, deleted }) => untagged || deleted);
        log.info("removed images that nothing needs", { images, reclaimedBytes });
      }
      return { ...removal, reclaimedBytes };
    });
  }

  /** Until aborted: looks at the disk, and sometimes at the images' age. */
  async run(rules: CollectionRules, signal: AbortSignal): Promise<void> {
    const { clock, room, log } = this.#parts;
    for (;;) {
      await sleep(clock, LOOK_PERIOD_MS, "images/collect", signal);
      try {
        const { totalBytes, freeBytes } = await room();
        const isTooFull = totalBytes - freeBytes > rules.highWatermark * totalBytes;
        const isTime = clock.now() - this.#agesLookedAtMs >= AGE_PERIOD_MS;
        if (!isTooFull && !isTime) continue;
        this.#agesLookedAtMs = clock.now();
        await this.collect(rules);
      } catch (error) {
        log.warn("could not clean up images", { error: messageOf(error) });
      }
    }
  }

  /** One removal at a time: each decides by what is there. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => {});
    return done;
  }

  #checkRemovable({ image }: CatalogImage, ref: string, force: boolean): void {
    const short = image.id.slice(0, 12);
    const user = this.#parts.users().find(({ imageId }) => imageId === image.id);
    if (user !== undefined) {
      const state = user.isRunning ? "running" : "stopped";
      const sentence = `conflict: unable to remove image ${ref} - it is being used by ${state} container ${user.name}: remove that first`;
      throw new SwarmError("failedPrecondition", sentence);
    }
    if (image.names.length > 1 && !force) {
      const names = image.names.map(shortName).join(", ");
      const sentence = `conflict: unable to delete ${short} (must be forced) - image is referenced by several names: ${names}`;
      throw new SwarmError("failedPrecondition", sentence);
    }
  }

  /** Steps of a build that nothing else needs once this image is gone, the nearest first. */
  #unneededBases(catalog: Catalog, target: CatalogImage): readonly CatalogImage[] {
    const parents = parentsOf(catalog);
    const byId = new Map(catalog.images.map((each) => [each.image.id, each]));
    const rest = { ...catalog, images: catalog.images.filter((each) => each !== target) };
    const kept = protectedIds(rest, this.needs(), this.#parts.clock.wallNow());
    const bases: CatalogImage[] = [];
    for (let id = parents.get(target.image.id); id !== undefined; id = parents.get(id)) {
      const base = byId.get(id);
      if (base === undefined || base.image.names.length > 0 || kept.has(id)) break;
      const going = new Set([target, ...bases].map(({ image }) => image.id));
      const hasOthers = [...parents].some(([child, parent]) => parent === id && !going.has(child));
      if (hasOthers || bases.includes(base)) break;
      bases.push(base);
    }
    return bases;
  }

  /** One that cannot be removed (a build uses it) does not keep the others. */
  async #delete(catalog: Catalog, going: readonly CatalogImage[]): Promise<Removal> {
    if (going.length === 0) return NOTHING;
    const removed: RemovedImage[] = [];
    const gone: CatalogImage[] = [];
    for (const each of going) {
      try {
        await this.#parts.tools.delete(each.image.id);
      } catch (error) {
        if (going.length === 1) throw error;
        this.#parts.log.info("an image stays", { image: each.image.id, error: messageOf(error) });
        continue;
      }
      gone.push(each);
      removed.push(...each.image.names.map((name) => ({ untagged: shortName(name), deleted: "" })));
      removed.push({ untagged: "", deleted: `sha256:${each.image.id}` });
    }
    return { removed, reclaimedBytes: reclaimed(catalog, gone) };
  }

  #clearBlobs(): Promise<number> {
    const { blobs, files, clock } = this.#parts;
    return blobs.clear(async (path) => clock.wallNow() - (await files.changedAt(path)) >= BLOB_AGE_MS);
  }
}
