import assert from "node:assert/strict";
import { test } from "node:test";
import { inWordsOfDisk } from "../../../shared/disk-fault.ts";

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
