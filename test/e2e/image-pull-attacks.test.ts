/**
 * Images that attack while they are pulled: by what their layers hold, and by what their registry sends. Outside stands
 * a canary that every attack would read, change or remove where its door is open; afterwards nothing of a refused image
 * is on the host.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { SwarmError } from "../../shared/errors.ts";
import { parseImageReference } from "../../shared/image-reference.ts";
import type { ImageParts } from "../../worker/images/open-images.ts";
import { type Answer, HostileRegistry, type Instead } from "../support/hostile-registry.ts";
import { type TarEntry, tar } from "../support/tar.ts";
import { NEVER, RuntimeFixture } from "./runtime-fixture.ts";
import { type BuiltImage, writeImage } from "./runtime-image.ts";

const wanted = { policy: "PULL_ALWAYS", platform: null } as const;
const UP = "../".repeat(30);
const DISK_BYTES = 48 << 20;
const BOMB_BYTES = 256 << 20;

const digestOf = (bytes: Buffer): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

describe("images that attack while they are pulled", () => {
  let fixture: RuntimeFixture;
  let registry: HostileRegistry;
  let images: ImageParts;
  let canary: string;
  let made = 0;

  before(async () => {
    fixture = new RuntimeFixture();
    registry = await HostileRegistry.start();
    canary = join(fixture.directory, "canary");
    images = await fixture.openImages(conf());
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    await fixture?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    mkdirSync(join(canary, "deep"), { recursive: true });
    writeFileSync(join(canary, "secret"), "untouched");
  });
  afterEach(() => {
    const left = readdirSync(canary, { recursive: true }).map(String).sort();
    const secret = readFileSync(join(canary, "secret"), "utf8");
    rmSync(canary, { recursive: true });
    assert.deepEqual([left, secret], [["deep", "secret"], "untouched"], "nothing outside was changed");
  });

  function conf(): string {
    const path = join(fixture.directory, "hostile.conf");
    writeFileSync(path, `[[registry]]\nlocation = "${registry.address}"\ninsecure = true\n`);
    return path;
  }

  const reference = () => parseImageReference(`${registry.address}/attack:${made}`);
  const pull = async (from = images): Promise<void> =>
    void (await from.store.pull(reference(), wanted, NEVER, () => {}));

  function offer(layers: readonly (readonly TarEntry[])[], instead?: Instead): BuiltImage & { directory: string } {
    made += 1;
    const directory = join(fixture.directory, `image${made}`);
    const built = writeImage(directory, layers.map(tar));
    registry.offer(directory, instead);
    return { ...built, directory };
  }

  /** Of a pull that failed; the sentence names the image or its registry. */
  async function refused(sentence: RegExp, from = images, data = fixture.dataDirectory): Promise<void> {
    await assert.rejects(pull(from), (error: Error) => {
      assert.ok(error instanceof SwarmError, String(error));
      assert.match(error.message, sentence);
      assert.ok(!/[\n\r]/.test(error.message) && error.message.length < 600, error.message);
      return true;
    });
    assert.equal(await from.store.find(reference()), null, "nothing of it is in the store");
    const left = existsSync(join(data, "images/pulls")) ? readdirSync(join(data, "images/pulls")) : [];
    assert.deepEqual(left, [], "nothing of it is on its way");
  }

  describe("by their layers", () => {
    const deep = (): string => join(canary, "deep");
    /** Whatever comes of it, the canary stays. */
    const LAYERS: readonly (readonly [claim: string, layers: () => readonly (readonly TarEntry[])[]])[] = [
      ["an absolute link, and a file behind it", () => [[link("way", canary)], [file("way/escaped")]]],
      ["a climbing link, and a file behind it", () => [[link("way", `${UP}${canary}`)], [file("way/escaped")]]],
      ["a file with a climbing name", () => [[file(`${UP}${canary}/escaped`)]]],
      ["a file with an absolute name", () => [[file(`${canary}/escaped`)], [file(`/${canary}/escaped`)]]],
      ["links over links", () => [[link("a", "b"), link("b", "c"), link("c", canary)], [file("a/escaped")]]],
      ["a link in a circle", () => [[link("a", "b"), link("b", "a")], [file("a/escaped")]]],
      [
        "a link in the place of a directory",
        () => [
          [{ path: "d" }, file("d/x")],
          [link("d", canary), file("d/escaped")],
        ],
      ],
      ["a link to a link's directory", () => [[link("d", deep())], [link("d/more", canary), file("d/more/escaped")]]],
      ["a hard link to a link, written through", () => [[link("s", `${canary}/secret`)], [hard("h", "s"), file("h")]]],
      ["a hard link to a file of the host", () => [[hard("h", `${canary}/secret`), file("h")]]],
      ["a climbing hard link", () => [[hard("h", `${UP}${canary}/secret`), file("h")]]],
      ["a whiteout behind a link", () => [[link("way", canary)], [file("way/.wh.secret")]]],
      ["a climbing whiteout", () => [[file(`${UP}${canary}/.wh.secret`)]]],
      ["a whiteout of the directory above", () => [[{ path: "d" }, file("d/.wh...")]]],
      ["a whiteout of the directory itself", () => [[{ path: "d" }, file("d/.wh..")]]],
      ["a whiteout of nothing", () => [[{ path: "d" }, file("d/.wh.")]]],
      ["an opaque directory behind a link", () => [[link("way", canary)], [file("way/.wh..wh..opq")]]],
      ["a climbing opaque directory", () => [[file(`${UP}${canary}/.wh..wh..opq`)]]],
      [
        "a device behind a link",
        () => [[link("way", canary)], [{ path: "way/null", type: "character", device: [1, 3] }]],
      ],
      ["an attribute of a file behind a link", () => [[link("s", `${canary}/secret`)], [marked("s")]]],
      ["a mode for a link", () => [[{ ...link("s", `${canary}/secret`), mode: 0o4777 }]]],
      ["the root itself as a link", () => [[link(".", canary), link("/", canary), file("escaped")]]],
      ["the root itself as a file", () => [[file("."), file("/"), file("..")]]],
    ];
    for (const [claim, layers] of LAYERS) {
      it(`${claim} stays inside`, async () => {
        offer(layers());
        try {
          await pull();
        } catch (error) {
          assert.ok(error instanceof SwarmError, String(error));
          assert.equal(await images.store.find(reference()), null);
        }
      });
    }

    it("127 layers are an image like any other", async () => {
      offer(Array.from({ length: 127 }, (_, at) => [file(`layer${at}`)]));
      await pull();
      assert.equal((await images.store.find(reference()))?.layerIds.length, 127);
    });
  });

  describe("by size", () => {
    it("a layer that swells fills no more than the disk has, and leaves nothing there", async () => {
      offer([[{ path: "zeros", content: Buffer.alloc(BOMB_BYTES) }]]);
      const data = join(fixture.directory, "small");
      mkdirSync(data);
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "small", data]);
      try {
        const small = await fixture.openImages(conf(), "skopeo", data);
        await refused(/no space left/, small, data);
        const [, used = ""] = execFileSync("df", ["--output=used", "-B1", data], { encoding: "utf8" }).split("\n");
        assert.ok(Number(used) < DISK_BYTES / 10, `${used} bytes are still used`);
      } finally {
        execFileSync("umount", ["--lazy", data]);
      }
    });

    it("a manifest without an end is not read to it", async () => {
      const body = Buffer.alloc(8 << 20, " ");
      offer([[file("x")]], (kind) => (kind === "manifests" ? { body } : null));
      await refused(/larger than|cannot be/);
    });
  });

  describe("by their registry", () => {
    const onBlob =
      (change: (body: Buffer) => Answer): ((built: { directory: string }, layer: string) => Instead) =>
      ({ directory }, layer) =>
      (kind, what) =>
        kind === "blobs" && what === layer
          ? change(readFileSync(join(directory, "layout/blobs/sha256", layer.slice(7))))
          : null;
    const longer = (body: Buffer): Answer => ({ body: Buffer.concat([body, Buffer.from("more")]) });
    const cut = (body: Buffer): Answer => ({ headers: { "content-length": `${body.length}` }, body: body.subarray(9) });
    const other = (body: Buffer): Answer => ({ body: Buffer.alloc(body.length, 7) });
    const LIES = [
      ["a layer that is cut off", onBlob(cut), /broke|cannot be reached|did not arrive/],
      ["a layer with another content", onBlob(other), /another digest/],
      ["a layer that is longer than announced", onBlob(longer), /longer|larger|more than|did not arrive/],
      ["a layer that is not there", onBlob(() => ({ status: 404, body: Buffer.from("") })), /lost layer/],
      ["a layer that is an error", onBlob(() => ({ status: 500, body: Buffer.from("") })), /500/],
      [
        "a layer that leads to files",
        onBlob(() => ({ status: 302, headers: { location: "file:///etc/shadow" }, body: Buffer.from("") })),
        /points to/,
      ],
    ] as const;
    for (const [claim, instead, sentence] of LIES) {
      it(`${claim} is refused in one sentence`, async () => {
        const built = offer([[file(claim)]]);
        registry.offer(built.directory, instead(built, layerOf(built)));
        await refused(sentence);
      });
    }

    it("a layer that is not the one its configuration speaks of is refused, and is not in its way", async () => {
      const built = offer([[file("one")]]);
      const bytes = gzipSync(tar([file("two")]));
      const changed = manifestOf(built);
      Object.assign(changed.layers[0] ?? {}, { digest: digestOf(bytes), size: bytes.length });
      const body = Buffer.from(JSON.stringify(changed));
      const headers = { "content-type": changed.mediaType };
      registry.offer(built.directory, (kind, what) => {
        if (kind === "manifests") return { headers, body };
        return what === digestOf(bytes) ? { body: bytes } : null;
      });
      await refused(/is refused: its layers are not those that its configuration names$/);
      // Its place is not taken: the honest image of the same configuration can be had.
      registry.offer(built.directory);
      await pull();
    });

    it("a manifest that is not the one of the asked digest is refused", async () => {
      const built = offer([[file("other")]]);
      const body = Buffer.from(JSON.stringify({ ...manifestOf(built), annotations: { changed: "yes" } }));
      registry.offer(built.directory, (kind) => (kind === "manifests" ? { body } : null));
      const named = { ...reference(), tag: null, digest: built.digest };
      await assert.rejects(
        images.store.pull(named, wanted, NEVER, () => {}),
        /another manifest/,
      );
    });

    it("a list without this host's platform is refused, with the platform's name", async () => {
      const built = offer([[file("elsewhere")]]);
      const mediaType = "application/vnd.oci.image.index.v1+json";
      const platform = { os: "linux", architecture: "s390x" };
      const manifests = [{ mediaType: manifestOf(built).mediaType, digest: built.digest, size: 9, platform }];
      const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
      const headers = { "content-type": mediaType };
      registry.offer(built.directory, (kind, what) =>
        kind === "manifests" && !what.includes(":") ? { headers, body } : null,
      );
      await refused(/was not built for linux\/(amd64|arm64)/);
    });
  });
});

const file = (path: string): TarEntry => ({ path, content: "escaped" });
const link = (path: string, target: string): TarEntry => ({ path, type: "link", target });
const hard = (path: string, target: string): TarEntry => ({ path, type: "hardLink", target });
const marked = (path: string): TarEntry => ({ path, content: "x", mode: 0o4777, xattrs: { "user.mark": "x" } });

interface Manifest {
  readonly mediaType: string;
  readonly layers: readonly { readonly digest: string }[];
}

function manifestOf({ directory, digest }: { readonly directory: string; readonly digest: string }): Manifest {
  return JSON.parse(readFileSync(join(directory, "layout/blobs/sha256", digest.slice("sha256:".length)), "utf8"));
}

function layerOf(built: { readonly directory: string; readonly digest: string }): string {
  return manifestOf(built).layers[0]?.digest ?? "";
}
