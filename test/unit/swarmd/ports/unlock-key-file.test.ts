import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { unlockKeyIn } from "../../../../swarmd/ports/unlock-key-file.ts";

const directory = mkdtempSync(join(tmpdir(), "unlock-key-"));
after(() => rmSync(directory, { recursive: true }));
const file = join(directory, "key");

test("a host without a file keeps no key", async () => {
  assert.equal(await unlockKeyIn("")(), null);
});

test("the key is read anew each time, without the space around it", async () => {
  const read = unlockKeyIn(file);
  for (const key of ["SWMKEY-1-a", "SWMKEY-1-b"]) {
    writeFileSync(file, ` ${key}\r\n`);
    assert.equal(await read(), key);
  }
});

test("why a file cannot be read is said in words, with its path", async () => {
  const [absent, large, loop] = ["absent", "large", "loop"].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(large, "x".repeat(5_000));
  symlinkSync(loop, loop);
  for (const [path, why] of [
    [absent, "there is no such file"],
    [directory, "it is not a file"],
    [large, "it is larger than 4096 bytes"],
    [loop, "ELOOP"],
  ] as const) {
    await assert.rejects(unlockKeyIn(path)(), ({ message, code }: Error & { code: string }) => {
      assert.ok(message.startsWith(`cannot read ${path}: ${why}`), message);
      return code === "failedPrecondition";
    });
  }
});
