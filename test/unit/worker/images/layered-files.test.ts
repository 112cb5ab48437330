import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LayeredFiles } from "../../../../worker/images/layered-files.ts";
import { MemoryHostFiles } from "../../../support/memory-host-files.ts";

/** Layers l/TOP and l/BASE; the host's own files lie outside of them. */
function layered(build: (files: MemoryHostFiles, top: string, base: string) => void): LayeredFiles {
  const files = new MemoryHostFiles({ "/etc/passwd": "the host's" });
  build(files, "/overlay/l/TOP", "/overlay/l/BASE");
  return new LayeredFiles(files, { overlayDirectory: "/overlay", layerLinks: ["l/TOP", "l/BASE"] });
}

describe("an image's files without mounting it", () => {
  it("are those of the topmost layer that has them", async () => {
    const image = layered((files, top, base) => {
      files.put(`${base}/etc/passwd`, "base");
      files.put(`${base}/etc/group`, "base group");
      files.put(`${top}/etc/passwd`, "top");
    });
    assert.equal(await image.readText("etc/passwd"), "top");
    assert.equal(await image.readText("/etc/./group"), "base group");
    assert.equal(await image.readText("etc/shadow"), null);
    assert.equal(await image.readText("etc"), null);
    assert.equal(await image.directoryAt("/etc/"), "etc");
    assert.equal(await image.directoryAt("/etc/passwd"), null);
  });

  it("are gone where an upper layer deleted them, or their directory", async () => {
    const image = layered((files, top, base) => {
      files.put(`${base}/etc/passwd`, "base");
      files.put(`${base}/srv/site/index`, "base");
      files.whiteout(`${top}/etc/passwd`);
      files.whiteout(`${top}/srv`);
    });
    assert.equal(await image.readText("etc/passwd"), null);
    assert.equal(await image.readText("srv/site/index"), null);
    assert.equal(await image.directoryAt("srv/site"), null);
  });

  it("never lead to the host's by links, absolute, upward or in a circle", async () => {
    const image = layered((files, top, base) => {
      files.put(`${base}/real/passwd`, "the image's");
      files.link(`${top}/etc`, "/real");
      files.link(`${base}/up`, "../../../../etc");
      files.link(`${base}/circle`, "circle");
      files.link(`${base}/chain`, "up");
    });
    assert.equal(await image.readText("etc/passwd"), "the image's");
    assert.equal(await image.readText("up/passwd"), "the image's");
    assert.equal(await image.readText("chain/passwd"), "the image's");
    assert.equal(await image.readText("../../../etc/passwd"), "the image's");
    assert.equal(await image.readText("circle/passwd"), null);
    assert.equal(await image.directoryAt("chain"), "real");
  });
});
