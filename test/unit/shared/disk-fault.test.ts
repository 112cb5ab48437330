import assert from "node:assert/strict";
import { test } from "node:test";
import { inWordsOfDisk, refusalByDisk } from "../../../shared/disk-fault.ts";

const failing = (code: string, path?: string) => () =>
  Promise.reject(Object.assign(new Error(`${code}: no, mkdir`), { code, ...(path === undefined ? {} : { path }) }));

test("what a disk refuses is said in a sentence, and nothing else is touched", async () => {
  assert.equal(await inWordsOfDisk(async () => 7), 7);
  await assert.rejects(inWordsOfDisk(failing("ENOSPC", "/var/lib/swarm/a")), {
    code: "failedPrecondition",
    message: "the disk of this host cannot be written at /var/lib/swarm/a: it is full",
  });
  await assert.rejects(inWordsOfDisk(failing("EROFS")), {
    message: "the disk of this host cannot be written: it is read-only",
  });
  await assert.rejects(inWordsOfDisk(failing("ENOENT", "/a")), { code: "ENOENT" });
});

test("what a database cannot write is a disk's refusal where the kernel said so, and names no path", () => {
  const said = (message: string, cause?: Error) => Object.assign(new Error(message, { cause }), { code: "LEVEL_X" });
  const full = "the disk of this host cannot be written: it is full";
  assert.equal(refusalByDisk(said("IO error: /a/000006.log: No space left on device"))?.message, full);
  assert.equal(refusalByDisk(said("Database failed to open", new Error("No space left on device")))?.message, full);
  assert.match(refusalByDisk(said("IO error: /a: Read-only file system"))?.message ?? "", /it is read-only$/);
  assert.equal(refusalByDisk(said("Corruption: bad record")), null);
  // What a program has written is no fault of this host's.
  assert.equal(refusalByDisk(new Error("No space left on device")), null);
  assert.equal(
    refusalByDisk(Object.assign(new Error("no, mkdir '/a'"), { code: "EROFS" }))?.code,
    "failedPrecondition",
  );
});
