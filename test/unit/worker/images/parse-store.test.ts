import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bigDataFile, findImage, layersOf, parseImages, parseLayers } from "../../../../worker/images/parse-store.ts";

const HASH = "8cda93f8929411cfc393018b44b2335653475a9f0fc207c25a41d1c62b0bd2a1";
const MANIFEST = `sha256:${"1e".repeat(32)}`;
const LIST = `sha256:${"2f".repeat(32)}`;
const IMAGES = JSON.stringify([
  {
    id: HASH,
    digest: MANIFEST,
    names: ["docker.io/library/nginx:latest"],
    layer: "top",
    "big-data-names": [`manifest-sha256:${LIST.slice(7)}`, "manifest", `sha256:${HASH}`, `manifest-${MANIFEST}`],
  },
  { id: "bare" },
]);
const LAYERS = JSON.stringify([
  { id: "base" },
  { id: "middle", parent: "base" },
  { id: "top", parent: "middle" },
  { id: "cut", parent: "base", flags: { incomplete: true } },
  { id: "loop", parent: "loop" },
]);

describe("the image store's own files", () => {
  it("give an image with its names, its digests and where its configuration is", () => {
    const [image] = parseImages(IMAGES);
    assert.deepEqual(image, {
      id: HASH,
      names: ["docker.io/library/nginx:latest"],
      digests: [MANIFEST, LIST],
      topLayer: "top",
      configKey: `sha256:${HASH}`,
      manifestKey: "manifest",
      storedAtMs: 0,
    });
  });

  it("find an image by tag only by its name, and by digest also through the list it was chosen from", () => {
    const images = parseImages(IMAGES);
    assert.equal(findImage(images, "docker.io/library/nginx:latest", null)?.id, HASH);
    assert.equal(findImage(images, "docker.io/library/nginx:1", null), null);
    assert.equal(findImage(images, `docker.io/library/nginx@${LIST}`, LIST)?.id, HASH);
    assert.equal(findImage(images, "docker.io/library/other@x", `sha256:${"0".repeat(64)}`), null);
  });

  it("give the layers topmost first, and none where one is missing, cut short or in a circle", () => {
    const layers = parseLayers(LAYERS);
    const [image] = parseImages(IMAGES);
    assert.ok(image !== undefined);
    assert.deepEqual(layersOf(image, layers), ["top", "middle", "base"]);
    assert.equal(layersOf({ ...image, topLayer: "cut" }, layers), null);
    assert.equal(layersOf({ ...image, topLayer: "loop" }, layers), null);
    assert.deepEqual(layersOf({ ...image, topLayer: "" }, layers), []);
  });

  it("have no entry by a name that would mean something in a path or in mount options", () => {
    for (const id of ["", "..", "../../x", "a/b", "-o", "a,b", "a:b", "a\nb", ".hidden"]) {
      assert.deepEqual(parseImages(JSON.stringify([{ id, layer: "top" }])), [], id);
      assert.equal(parseLayers(JSON.stringify([{ id }])).size, 0, id);
    }
  });

  it("are refused when they are not lists", () => {
    assert.throws(() => parseImages("{}"), /images.json is not a list/);
    assert.throws(() => parseLayers("[{"), /layers.json is broken/);
  });

  it("name big data by base64 unless the name is plain", () => {
    assert.equal(bigDataFile("manifest"), "manifest");
    assert.equal(
      bigDataFile(`sha256:${HASH}`),
      "=c2hhMjU2OjhjZGE5M2Y4OTI5NDExY2ZjMzkzMDE4YjQ0YjIzMzU2NTM0NzVhOWYwZmMyMDdjMjVhNDFkMWM2MmIwYmQyYTE=",
    );
  });
});
