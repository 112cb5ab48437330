import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { RootedTree } from "../../../../worker/ports/rooted-tree.ts";
import { systemHostFiles } from "../../../../worker/ports/system-host-files.ts";
import { systemRootedTrees } from "../../../../worker/ports/system-rooted-tree.ts";

describe("a tree that somebody else has filled", () => {
  let directory: string;
  let root: string;
  let tree: RootedTree;
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), "swarm-tree-"));
    root = join(directory, "root");
    mkdirSync(join(root, "etc"), { recursive: true });
    mkdirSync(join(root, "srv/site"), { recursive: true });
    mkdirSync(join(directory, "outside"));
    writeFileSync(join(directory, "outside/secret"), "the host's");
    writeFileSync(join(root, "etc/passwd"), "the image's");
    writeFileSync(join(root, "a\nb"), "odd");
    const links: Readonly<Record<string, string>> = {
      absolute: join(directory, "outside"),
      relative: "../outside",
      climbing: "../../../../../etc",
      "srv/up": "../../../etc",
      slash: "/",
      loop: "loop",
      dangling: "/no/such",
      one: "two",
      two: "/srv/./up",
      fd: "/proc/self/fd/3",
      long: Array.from({ length: 1300 }, () => "..").join("/"),
    };
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(root, path));
    execFileSync("mkfifo", [join(root, "pipe")]);
    tree = await systemRootedTrees.open(root);
  });
  after(async () => {
    await tree[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  const PLACES: readonly (readonly [path: string, place: string, kind: string | null])[] = [
    ["/", "/", "directory"],
    ["", "/", "directory"],
    ["etc//./passwd", "/etc/passwd", "file"],
    ["/srv/../../../etc", "/etc", "directory"],
    ["/absolute/secret", "", null],
    ["/relative/secret", "/outside/secret", null],
    ["/climbing/passwd", "/etc/passwd", "file"],
    ["/srv/up/passwd", "/etc/passwd", "file"],
    ["/slash/slash/etc", "/etc", "directory"],
    ["/one", "/etc", "directory"],
    ["/dangling/x/../y", "/no/such/y", null],
    ["/etc/passwd/x", "/etc/passwd/x", null],
    ["/a\nb", "/a\nb", "file"],
    ["/fd", "/proc/self/fd/3", null],
    ["/pipe", "/pipe", "other"],
    ["/new/place/", "/new/place", null],
  ];
  for (const [path, place, kind] of PLACES) {
    it(`has ${JSON.stringify(path)} inside`, async () => {
      const inside = place === "" ? join(directory, "outside/secret") : place;
      assert.deepEqual(await tree.resolve(path), { path: inside, kind });
    });
  }

  it("gives up on loops, and on paths that keep it busy", async () => {
    await assert.rejects(tree.resolve("/loop"), { code: "failedPrecondition", message: /more than 40 links/ });
    await assert.rejects(tree.resolve("/long/long/long/long"), /more than 4096 parts/);
    await assert.rejects(tree.resolve("/a\0b"), /zero byte/);
  });

  it("opens files and directories, never pipes, and nothing outside", async () => {
    await using passwd = await tree.openFile("/climbing/passwd");
    assert.equal(Buffer.from((await passwd?.read(0, 100)) ?? []).toString(), "the image's");
    for (const path of ["/pipe", "/etc", "/absolute/secret", "/relative/secret"]) {
      assert.equal(await tree.openFile(path), null, path);
    }
    assert.equal(await tree.openDirectory("/absolute"), null);
    await using site = await tree.openDirectory("/srv/site");
    assert.equal(await site?.isEmpty(), true);
  });

  it("has nothing under names that no file can have, nor has the host", async () => {
    const tooLong = [`/${"x".repeat(300)}`, `/etc/${"y".repeat(300)}/z`];
    for (const path of tooLong) assert.equal((await tree.resolve(path)).kind, null);
    for (const path of [...tooLong, "/a\0b"]) assert.equal(await systemHostFiles.kindOf(path), null);
  });

  it("is itself no link", async () => {
    await assert.rejects(systemRootedTrees.open(join(root, "slash")), /is not a directory, or is a link/);
  });

  it("stays inside while links are swapped under it", async () => {
    mkdirSync(join(root, "swap/place"), { recursive: true });
    writeFileSync(join(root, "swap/place/secret"), "the image's");
    symlinkSync(join(directory, "outside"), join(root, "swap/link"));
    let isOver = false;
    const swapping = (async () => {
      while (!isOver) {
        renameSync(join(root, "swap/place"), join(root, "swap/other"));
        renameSync(join(root, "swap/link"), join(root, "swap/place"));
        await new Promise((resolve) => setImmediate(resolve));
        renameSync(join(root, "swap/place"), join(root, "swap/link"));
        renameSync(join(root, "swap/other"), join(root, "swap/place"));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const seen = new Set<string>();
    for (let round = 0; round < 500; round++) {
      await using file = await tree.openFile("/swap/place/secret");
      seen.add(file === null ? "nothing" : Buffer.from(await file.read(0, 100)).toString());
    }
    isOver = true;
    await swapping;
    assert.ok(!seen.has("the host's"));
    assert.ok(seen.has("the image's"), [...seen].join());
  });
});
