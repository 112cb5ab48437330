import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { NodeIdentity } from "../../../../shared/pki/bootstrap.ts";
import { KeyStore } from "../../../../shared/pki/key-store.ts";
import { type KeyFiles, keyFilesIn } from "../../../../shared/pki/ports/key-files.ts";
import { createTestCa, createTestIdentity } from "./fixtures.ts";

let root: string;
let first: NodeIdentity;
let second: NodeIdentity;

before(async () => {
  root = mkdtempSync(join(tmpdir(), "swarm-keys-"));
  const ca = await createTestCa();
  first = await createTestIdentity(ca);
  second = await createTestIdentity(ca);
});
after(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const freshDir = (): string => join(root, `d${++count}`, "certificates");

test("a saved identity is read back, with modes that keep the key private", async () => {
  const dir = freshDir();
  const store = new KeyStore(keyFilesIn(dir));
  assert.equal(await store.load(), null);
  await store.save(first);
  const { key, certificate, ...rest } = (await store.load()) ?? assert.fail("nothing was saved");
  assert.deepEqual(rest, { nodeId: first.nodeId, clusterId: first.clusterId, role: first.role, rootCa: first.rootCa });
  assert.equal(key.trim(), first.key.trim());
  assert.equal(certificate.trim(), first.certificate.trim());
  const modes = Object.fromEntries(readdirSync(dir).map((name) => [name, statSync(join(dir, name)).mode & 0o777]));
  assert.deepEqual(modes, { "swarm-root-ca.crt": 0o600, "swarm-node.crt": 0o600, "swarm-node.key": 0o600 });
  await store.clear();
  assert.equal(await store.load(), null);
  assert.deepEqual(readdirSync(dir), []);
});

/** Files that stop working after `writes` writes and removals, as if the power went. */
function failingAfter(files: KeyFiles, writes: number): KeyFiles {
  let left = writes;
  const spend = (): void => {
    if (left-- <= 0) throw new Error("power cut");
  };
  return {
    read: (name) => files.read(name),
    write: async (name, text, mode) => {
      spend();
      await files.write(name, text, mode);
    },
    remove: async (name) => {
      spend();
      await files.remove(name);
    },
  };
}

for (let writes = 0; writes <= 5; writes++) {
  test(`a power cut after ${writes} steps of a renewal leaves the old identity or the new one`, async () => {
    const files = keyFilesIn(freshDir());
    await new KeyStore(files).save(first);
    let saved = true;
    await new KeyStore(failingAfter(files, writes)).save(second).catch(() => {
      saved = false;
    });
    assert.equal(saved, writes === 5);
    const found = (await new KeyStore(files).load()) ?? assert.fail("the identity is gone");
    const key = found.key.trim();
    assert.ok(key === first.key.trim() || key === second.key.trim());
    if (saved) assert.equal(key, second.key.trim());
  });
}

test("files that do not belong together, or are missing, are refused with what to do", async () => {
  const dir = freshDir();
  const store = new KeyStore(keyFilesIn(dir));
  await store.save(first);
  writeFileSync(join(dir, "swarm-node.key"), second.key);
  const message = /^this host's certificates are damaged \(swarm-node.key is not the key of swarm-node.crt\): run/;
  await assert.rejects(store.load(), { code: "failedPrecondition", message });
  rmSync(join(dir, "swarm-node.key"));
  await assert.rejects(store.load(), { code: "failedPrecondition", message: /swarm-node\.key is missing/ });
});

test("a directory that cannot be made is one sentence", async () => {
  const file = join(root, "a-file");
  writeFileSync(file, "");
  await assert.rejects(new KeyStore(keyFilesIn(join(file, "certificates"))).save(first), {
    code: "failedPrecondition",
    message: /^cannot write .*swarm-root-ca\.crt: /,
  });
  chmodSync(file, 0o600);
  assert.ok(existsSync(file));
});
