import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { saveFile } from "../../../../swarmctl/ports/save-file.ts";

const directory = mkdtempSync(join(tmpdir(), "save-file-"));
after(() => rmSync(directory, { recursive: true }));

let isAsked = false;
async function* pieces(error?: Error): AsyncGenerator<{ readonly data: Buffer }> {
  isAsked = true;
  yield { data: Buffer.from("some") };
  if (error !== undefined) throw error;
}

test("a file is there once it is whole, and an earlier one stays until then", async () => {
  const path = join(directory, "whole.tar");
  writeFileSync(path, "before");
  await assert.rejects(saveFile(path, pieces(new Error("cut"))), { message: "cut" });
  assert.equal(readFileSync(path, "utf8"), "before");
  await saveFile(path, pieces());
  assert.equal(readFileSync(path, "utf8"), "some");
  assert.deepEqual(readdirSync(directory), ["whole.tar"]);
});

test("a place that cannot be written is refused before anything is asked for, without the kernel's words", async () => {
  mkdirSync(join(directory, "there"));
  const refused: readonly (readonly [string, string])[] = [
    [join(directory, "nowhere/x"), "there is no such directory"],
    [join(directory, "there"), "it is a directory"],
    [join(directory, "whole.tar/x"), "a part of the path is no directory"],
  ];
  isAsked = false;
  for (const [path, why] of refused) {
    const message = `cannot write ${path}: ${why}`;
    await assert.rejects(saveFile(path, pieces()), { code: "invalidArgument", message });
  }
  assert.equal(isAsked, false);
});
