import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Catalog, CatalogImage } from "../../worker/images/catalog.ts";
import { collected, JUST_USED_MS, type Needs, pruned, reclaimed } from "../../worker/images/removal.ts";

const NOW = 1_000 * JUST_USED_MS;

interface Made {
  readonly parent: number;
  readonly isNamed: boolean;
  readonly bytes: number;
  readonly storedAgo: number;
  readonly usedAgo: number;
  readonly isFetched: boolean;
  readonly use: "none" | "container" | "service" | "prepared";
}

const made: fc.Arbitrary<Made> = fc.record({
  parent: fc.nat(20),
  isNamed: fc.boolean(),
  bytes: fc.nat(1_000),
  storedAgo: fc.nat(NOW),
  usedAgo: fc.nat(NOW),
  isFetched: fc.boolean(),
  use: fc.constantFrom("none", "none", "none", "container", "service", "prepared"),
});

/** Each image is built upon an earlier one, or upon nothing, with one layer more. */
function world(list: readonly Made[]): { readonly catalog: Catalog; readonly needs: Needs } {
  const images: CatalogImage[] = [];
  for (const [at, { parent, isNamed, bytes, storedAgo }] of list.entries()) {
    const base = parent < at ? images[parent] : undefined;
    const layer = { id: `layer${at}`, parent: base?.image.topLayer ?? "", bytes, compressedDigest: "", diffDigest: "" };
    images.push({
      image: {
        id: `image${at}`,
        names: isNamed ? [`docker.io/library/i${at}:latest`] : [],
        digests: [],
        topLayer: layer.id,
        configKey: "",
        manifestKey: "",
        storedAtMs: NOW - storedAgo,
      },
      layers: [layer, ...(base?.layers ?? [])],
      createdAtMs: 0,
      labels: {},
      history: [...(base?.history ?? []), `step ${at}`],
    });
  }
  const ids = (use: Made["use"]): readonly string[] =>
    list.flatMap((each, at) => (each.use === use ? [`image${at}`] : []));
  const layers = new Map(images.flatMap((each) => each.layers.map((layer) => [layer.id, layer] as const)));
  return {
    catalog: { images, layers },
    needs: {
      containers: new Map(ids("container").map((id) => [id, 1])),
      ofServices: new Set(ids("service")),
      fetched: new Set(list.flatMap(({ isFetched }, at) => (isFetched ? [`image${at}`] : []))),
      preparedAtMs: new Map(ids("prepared").map((id) => [id, NOW - JUST_USED_MS + 1])),
      usedAtMs: new Map(list.map(({ usedAgo }, at) => [`image${at}`, NOW - usedAgo])),
    },
  };
}

const rules = fc.record({
  highWatermark: fc.double({ min: 0, max: 1, noNaN: true }),
  lowWatermark: fc.double({ min: 0, max: 1, noNaN: true }),
  unusedMsMax: fc.oneof(fc.constant(0), fc.nat(NOW)),
  ageMsMin: fc.nat(NOW),
});
const room = fc.record({ totalBytes: fc.nat(50_000), freeBytes: fc.nat(50_000) });
const wishes = fc.record({
  all: fc.boolean(),
  untilMs: fc.oneof(fc.constant(0), fc.nat(NOW)),
  labels: fc.constant<readonly string[]>([]),
  labelsNot: fc.constant<readonly string[]>([]),
});
const images = fc.array(made, { maxLength: 15 });

/** What must hold of anything that goes without a person naming it. */
function check(catalog: Catalog, needs: Needs, going: readonly CatalogImage[]): void {
  const goingIds = new Set(going.map(({ image }) => image.id));
  assert.equal(goingIds.size, going.length, "each goes once");
  const staying = catalog.images.filter(({ image }) => !goingIds.has(image.id));
  for (const { image } of going) {
    assert.ok(!needs.containers.has(image.id), `${image.id} has a container`);
    assert.ok(!needs.ofServices.has(image.id), `${image.id} is a service's`);
    assert.ok(!needs.preparedAtMs.has(image.id), `${image.id} is just being used`);
  }
  // Without its name an image is only a step of another one; while that stays, it stays.
  for (const { image, history } of going) {
    if (image.names.length > 0) continue;
    const child = staying.find((each) => each.history.length > history.length && startsWith(each.history, history));
    assert.equal(child?.image.id, undefined, `${image.id} is the base of ${child?.image.id}`);
  }
}

function startsWith(list: readonly string[], beginning: readonly string[]): boolean {
  return beginning.every((step, at) => list[at] === step);
}

test("pruning never takes what a container or a service of the host needs, or what stays is built upon", () => {
  fc.assert(
    fc.property(images, wishes, (list, wish) => {
      const { catalog, needs } = world(list);
      const going = pruned(catalog, needs, wish, NOW);
      check(catalog, needs, going);
      if (!wish.all) assert.ok(going.every(({ image }) => image.names.length === 0));
    }),
    { numRuns: 500 },
  );
});

test("collecting never takes what is needed or young, and stops when there is room enough", () => {
  fc.assert(
    fc.property(images, rules, room, (list, rule, disk) => {
      const { catalog, needs } = world(list);
      const going = collected(catalog, needs, rule, disk, NOW);
      check(catalog, needs, going);
      const lastUsed = ({ image }: CatalogImage): number =>
        Math.max(needs.usedAtMs.get(image.id) ?? 0, image.storedAtMs);
      for (const each of going) assert.ok(NOW - lastUsed(each) >= rule.ageMsMin, "it is too young");
      for (const { image } of going) {
        assert.ok(image.names.length === 0 || needs.fetched.has(image.id), "nobody could get it back");
      }
      const isOld = (each: CatalogImage): boolean => rule.unusedMsMax > 0 && NOW - lastUsed(each) >= rule.unusedMsMax;
      const used = disk.totalBytes - disk.freeBytes;
      if (used <= rule.highWatermark * disk.totalBytes) assert.ok(going.every(isOld), "there is room");
    }),
    { numRuns: 500 },
  );
});

test("what becomes free is counted once, and only where no other image needs it", () => {
  const { catalog } = world([
    { parent: 9, isNamed: true, bytes: 100, storedAgo: 0, usedAgo: 0, isFetched: true, use: "none" },
    { parent: 0, isNamed: true, bytes: 10, storedAgo: 0, usedAgo: 0, isFetched: true, use: "none" },
    { parent: 0, isNamed: true, bytes: 1, storedAgo: 0, usedAgo: 0, isFetched: true, use: "none" },
  ]);
  const [base, first, second] = catalog.images as [CatalogImage, CatalogImage, CatalogImage];
  assert.equal(reclaimed(catalog, [first]), 10);
  assert.equal(reclaimed(catalog, [base]), 0);
  assert.equal(reclaimed(catalog, [first, second]), 11);
  assert.equal(reclaimed(catalog, [base, first, second]), 111);
});

test("the longest unused goes first when the disk is full", () => {
  const { catalog, needs } = world([
    { parent: 9, isNamed: true, bytes: 100, storedAgo: 900, usedAgo: 500, isFetched: true, use: "none" },
    { parent: 9, isNamed: true, bytes: 100, storedAgo: 900, usedAgo: 800, isFetched: true, use: "none" },
    { parent: 9, isNamed: true, bytes: 100, storedAgo: 900, usedAgo: 700, isFetched: true, use: "service" },
  ]);
  const rule = { highWatermark: 0.9, lowWatermark: 0.85, unusedMsMax: 0, ageMsMin: 0 };
  const going = collected(catalog, needs, rule, { totalBytes: 1_000, freeBytes: 50 }, NOW);
  assert.deepEqual(
    going.map(({ image }) => image.id),
    ["image1"],
  );
});
