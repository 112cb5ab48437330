import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readTar } from "../../../../worker/engine/streams/tar-reader.ts";
import { tar } from "../../../support/tar.ts";

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size = 1_000): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { path, kind, target, mode, content } of readTar(inPieces(bytes, size))) {
    const text: Buffer[] = [];
    for await (const piece of content) text.push(piece);
    found.push([kind, mode.toString(8), path, target, Buffer.concat(text).toString()].join(" "));
  }
  return found;
}

test("entries of pax archives are read, whatever pieces they come in", async () => {
  const long = "d/".repeat(200);
  const bytes = tar([
    { path: "a", content: "hello", mode: 0o4755 },
    { path: long },
    { path: "l", type: "link", target: "/etc/passwd" },
    { path: "h", type: "hardLink", target: "a" },
    { path: "dev", type: "character", device: [1, 3] },
    { path: "b", content: "x".repeat(1_500) },
  ]);
  for (const size of [1, 511, 512, 513, 100_000]) {
    assert.deepEqual(await read(bytes, size), [
      "file 4755 a  hello",
      `directory 755 ${long}  `,
      "link 644 l /etc/passwd ",
      "hardLink 644 h a ",
      "other 644 dev  ",
      `file 644 b  ${"x".repeat(1_500)}`,
    ]);
  }
});

test("entries of GNU tar are read, with names that do not fit a header", async () => {
  const directory = mkdtempSync(join(tmpdir(), "swarm-tar-"));
  try {
    const name = "n".repeat(180);
    mkdirSync(join(directory, "in"));
    writeFileSync(join(directory, "in", name), "content", { mode: 0o640 });
    symlinkSync("t".repeat(150), join(directory, "in", "link"));
    const words = ["--create", "--format=gnu", "--sort=name", "--mode=640", "--file=-", "--directory", directory, "in"];
    const found = await read(execFileSync("tar", words), 700);
    assert.deepEqual(found.slice(1), [`link 640 in/link ${"t".repeat(150)} `, `file 640 in/${name}  content`]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("contents that nobody reads are passed over", async () => {
  const paths: string[] = [];
  const bytes = tar([
    { path: "a", content: "x".repeat(5_000) },
    { path: "b", content: "y" },
  ]);
  for await (const { path } of readTar(inPieces(bytes, 300))) paths.push(path);
  assert.deepEqual(paths, ["a", "b"]);
});

test("what is no archive, is damaged or cut off is refused", async () => {
  const whole = tar([{ path: "a", content: "x".repeat(5_000) }]);
  const damaged = Buffer.from(whole);
  damaged[1_024 + 3] = 0xff;
  for (const bytes of [Buffer.alloc(600, "x"), damaged, whole.subarray(0, 3_000), whole.subarray(0, 700)]) {
    await assert.rejects(read(bytes), { code: "invalidArgument", message: /^the archive cannot be unpacked/ });
  }
  assert.deepEqual(await read(Buffer.alloc(0)), []);
});
