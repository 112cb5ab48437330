import { hasLabel } from "../../shared/objects/labels.ts";
import { type Catalog, type CatalogImage, parentsOf } from "./catalog.ts";

/** Why images must stay. */
export interface Needs {
  /** How many containers of this host were made from an image, by its id. */
  readonly containers: ReadonlyMap<string, number>;
  /** Images of services with tasks here: what runs, and what ran before its latest update. */
  readonly ofServices: ReadonlySet<string>;
  /** When an image was last asked for, Unix milliseconds. */
  readonly usedAtMs: ReadonlyMap<string, number>;
  /** When it was last given to a task or container that is to be made. */
  readonly preparedAtMs: ReadonlyMap<string, number>;
  /** Images that came from a registry. */
  readonly fetched: ReadonlySet<string>;
}

/** A task that was given its image so recently may not have its container yet. */
export const JUST_USED_MS = 10 * 60_000;

/** Images that go only when a person names them: needed, just used, or a nameless base of one of those. */
export function protectedIds(catalog: Catalog, needs: Needs, wallMs: number): ReadonlySet<string> {
  const parents = parentsOf(catalog);
  const unnamed = new Set(catalog.images.filter(({ image }) => image.names.length === 0).map(({ image }) => image.id));
  const kept = new Set<string>();
  for (const { image } of catalog.images) {
    const { id } = image;
    const isJustUsed = wallMs - (needs.preparedAtMs.get(id) ?? Number.NEGATIVE_INFINITY) < JUST_USED_MS;
    if (!isJustUsed && !needs.containers.has(id) && !needs.ofServices.has(id)) continue;
    kept.add(id);
    // One with a name loses nothing that the others need: their layers stay.
    for (let each = parents.get(id); each !== undefined; each = parents.get(each)) {
      if (unnamed.has(each)) kept.add(each);
    }
  }
  return kept;
}

export interface PruneWishes {
  /** Images with names, too. */
  readonly all: boolean;
  /** Only what was built before, Unix milliseconds; 0 = whenever. */
  readonly untilMs: number;
  /** KEY or KEY=VALUE, all of them. */
  readonly labels: readonly string[];
  /** None of these. */
  readonly labelsNot: readonly string[];
}

/** What `prune` removes, children before what they were built upon. */
export function pruned(catalog: Catalog, needs: Needs, wishes: PruneWishes, wallMs: number): readonly CatalogImage[] {
  const kept = protectedIds(catalog, needs, wallMs);
  const candidates = catalog.images.filter(
    (each) =>
      !kept.has(each.image.id) &&
      (wishes.all || each.image.names.length === 0) &&
      (wishes.untilMs === 0 || builtAtMs(each) < wishes.untilMs) &&
      wishes.labels.every((label) => hasLabel(each.labels, label)) &&
      !wishes.labelsNot.some((label) => hasLabel(each.labels, label)),
  );
  return childrenFirst(catalog, withoutBases(catalog, candidates));
}

/** How full a disk is. */
export interface DiskRoom {
  readonly totalBytes: number;
  /** For everybody. */
  readonly freeBytes: number;
}

/** When images go by themselves. */
export interface CollectionRules {
  /** The disk is too full beyond this part of it, 0..1. */
  readonly highWatermark: number;
  /** Then images go, the longest unused first, until no more than this part is used. */
  readonly lowWatermark: number;
  /** Unused for so long, an image goes anyway; 0 = never. */
  readonly unusedMsMax: number;
  /** An image younger than this stays, however full the disk is. */
  readonly ageMsMin: number;
}

/** What a daemon does unless it is told otherwise; Kubernetes' watermarks. */
export const DEFAULT_RULES: CollectionRules = {
  highWatermark: 0.85,
  lowWatermark: 0.8,
  unusedMsMax: 0,
  ageMsMin: 60 * 60_000,
};

/**
 * What goes by itself: images that are too long unused, and where the disk is too full the longest unused ones until
 * enough would be free. Never what a container or a service of this host needs, nor what has just come, nor an image
 * with a name that was built, loaded or imported here: nobody could get it back.
 */
export function collected(
  catalog: Catalog,
  needs: Needs,
  rules: CollectionRules,
  room: DiskRoom,
  wallMs: number,
): readonly CatalogImage[] {
  const kept = protectedIds(catalog, needs, wallMs);
  const lastUsed = (each: CatalogImage): number =>
    Math.max(needs.usedAtMs.get(each.image.id) ?? 0, each.image.storedAtMs);
  const candidates = catalog.images
    .filter(({ image }) => !kept.has(image.id) && (needs.fetched.has(image.id) || image.names.length === 0))
    .filter((each) => wallMs - lastUsed(each) >= rules.ageMsMin)
    .sort((a, b) => lastUsed(a) - lastUsed(b));
  const isTooOld = (each: CatalogImage): boolean =>
    rules.unusedMsMax > 0 && wallMs - lastUsed(each) >= rules.unusedMsMax;
  const chosen = new Set(candidates.filter(isTooOld));
  const used = room.totalBytes - room.freeBytes;
  const isTooFull = room.totalBytes > 0 && used > rules.highWatermark * room.totalBytes;
  let toFree = isTooFull ? used - rules.lowWatermark * room.totalBytes : 0;
  toFree -= reclaimed(catalog, [...chosen]);
  for (const each of candidates) {
    if (toFree <= 0) break;
    if (chosen.has(each)) continue;
    const before = reclaimed(catalog, [...chosen]);
    chosen.add(each);
    toFree -= reclaimed(catalog, [...chosen]) - before;
  }
  return childrenFirst(catalog, withoutBases(catalog, [...chosen]));
}

/** What becomes free when these go: layers that no other image has, in bytes. */
export function reclaimed(catalog: Catalog, going: readonly CatalogImage[]): number {
  const ids = new Set(going.map(({ image }) => image.id));
  const staying = new Set(
    catalog.images.filter(({ image }) => !ids.has(image.id)).flatMap(({ layers }) => layers.map(({ id }) => id)),
  );
  const layers = new Map(going.flatMap((each) => each.layers.map((layer) => [layer.id, layer.bytes] as const)));
  return [...layers].reduce((sum, [id, bytes]) => (staying.has(id) ? sum : sum + bytes), 0);
}

/** By image id: bytes of its layers that other images have, too. */
export function sharedBytes({ images }: Catalog): ReadonlyMap<string, number> {
  const users = new Map<string, number>();
  for (const { layers } of images) for (const { id } of layers) users.set(id, (users.get(id) ?? 0) + 1);
  return new Map(
    images.map(({ image, layers }) => [
      image.id,
      layers.reduce((sum, { id, bytes }) => sum + ((users.get(id) ?? 0) > 1 ? bytes : 0), 0),
    ]),
  );
}

/** An unnamed base stays while an image that is built upon it stays. */
function withoutBases(catalog: Catalog, going: readonly CatalogImage[]): readonly CatalogImage[] {
  const parents = parentsOf(catalog);
  const ids = new Set(going.map(({ image }) => image.id));
  const staying = catalog.images.filter(({ image }) => !ids.has(image.id));
  const bases = new Set<string>();
  for (const { image } of staying) {
    for (let each = parents.get(image.id); each !== undefined && !bases.has(each); each = parents.get(each)) {
      bases.add(each);
    }
  }
  return going.filter(({ image }) => image.names.length > 0 || !bases.has(image.id));
}

function childrenFirst(catalog: Catalog, going: readonly CatalogImage[]): readonly CatalogImage[] {
  const parents = parentsOf(catalog);
  const depth = ({ image }: CatalogImage): number => {
    let count = 0;
    const seen = new Set<string>();
    for (let each = parents.get(image.id); each !== undefined && !seen.has(each); each = parents.get(each)) {
      seen.add(each);
      count++;
    }
    return count;
  };
  return [...going].sort((a, b) => depth(b) - depth(a));
}

function builtAtMs(each: CatalogImage): number {
  return each.createdAtMs === 0 ? each.image.storedAtMs : each.createdAtMs;
}
