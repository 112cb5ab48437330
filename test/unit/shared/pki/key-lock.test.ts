import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { KeyLock } from "../../../../shared/pki/key-lock.ts";
import { LOCK_FILE } from "../../../../shared/pki/lock-file.ts";
import type { KeyFiles } from "../../../../shared/pki/ports/key-files.ts";
import { createUnlockKey, parseUnlockKey } from "../../../../shared/pki/unlock-key.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import { MemoryKeyFiles } from "../../../support/level-storage.ts";

const SECRETS = ["tls.key", "data.key", "pending"];
const CONTENT: Readonly<Record<string, string>> = { "tls.key": "the TLS key", "data.key": "the data key" };
const MODE = 0o600;
const [A, B] = [createUnlockKey(seededRandom(1)), createUnlockKey(seededRandom(2))];

const open = (files: KeyFiles): Promise<KeyLock> => KeyLock.open(files, SECRETS, seededRandom(7));

async function written(files: KeyFiles): Promise<KeyLock> {
  const lock = await open(files);
  for (const [name, text] of Object.entries(CONTENT)) await lock.write(name, text, MODE);
  return lock;
}

async function assertReadable(lock: KeyLock): Promise<void> {
  for (const [name, text] of Object.entries(CONTENT)) assert.equal(await lock.read(name), text);
}

const isInClear = (files: MemoryKeyFiles): boolean => [...files.files.values()].some((text) => /the .* key/.test(text));

describe("an unlock key", () => {
  it("looks like Docker's, and reads as the bytes that it was made from", () => {
    assert.match(A, /^SWMKEY-1-[A-Za-z0-9+/]{43}$/);
    assert.deepEqual(Buffer.from(parseUnlockKey(` ${A}\n`)), Buffer.from(seededRandom(1).bytes(32)));
  });

  for (const [what, text] of [
    ["nothing", ""],
    ["a join token", "SWMTKN-1-abc"],
    ["a key without its beginning", A.slice(9)],
    ["a key that is cut short", A.slice(0, -1)],
    ["a key with bits that mean nothing", `${A.slice(0, -1)}${A.endsWith("B") ? "C" : "B"}`],
    ["a later form", A.replace("-1-", "-2-")],
  ] as const) {
    it(`is refused as ${what}`, () => {
      assert.throws(() => parseUnlockKey(text), { code: "invalidArgument", message: /SWMKEY-1-/ });
    });
  }
});

describe("a lock of a node's keys", () => {
  it("leaves files as they are until one is wanted, and makes no file of its own", async () => {
    const files = new MemoryKeyFiles();
    const lock = await written(files);
    await lock.follow(null, 5);
    assert.deepEqual(Object.fromEntries(files.files), CONTENT);
  });

  it("seals secret files only, and opens with the key it was locked with", async () => {
    const files = new MemoryKeyFiles();
    const lock = await written(files);
    await lock.write("certificate", "anybody's", MODE);
    await lock.follow(A, 5);
    assert.equal(isInClear(files), false);
    assert.equal(files.files.get("certificate"), "anybody's");
    await assertReadable(lock);

    const again = await open(files);
    assert.equal(again.isLocked, true);
    await assert.rejects(again.read("tls.key"), { code: "unavailable" });
    await assert.rejects(again.write("tls.key", "another", MODE), { code: "unavailable" });
    assert.equal(await again.read("certificate"), "anybody's");
    assert.equal(await again.unlock(B), false);
    assert.equal(again.isLocked, true);
    assert.equal(await again.unlock(`${A}\n`), true);
    await assertReadable(again);
  });

  it("changes its key, and the one before opens nothing any more", async () => {
    const files = new MemoryKeyFiles();
    const lock = await written(files);
    await lock.follow(A, 5);
    const before = new Map(files.files);
    await lock.follow(B, 6);
    for (const name of Object.keys(CONTENT)) assert.notEqual(files.files.get(name), before.get(name));
    const again = await open(files);
    assert.equal(await again.unlock(A), false);
    assert.equal(await again.unlock(B), true);
    await assertReadable(again);
  });

  it("is lifted, and does not follow an older wish for it afterwards", async () => {
    const files = new MemoryKeyFiles();
    const lock = await written(files);
    await lock.follow(A, 5);
    await lock.follow(null, 6);
    assert.equal(await lock.read("tls.key"), CONTENT["tls.key"]);
    assert.equal(files.files.get("tls.key"), CONTENT["tls.key"]);
    const again = await open(files);
    assert.equal(again.isLocked, false);
    await again.follow(A, 5);
    assert.equal(files.files.get("tls.key"), CONTENT["tls.key"]);
  });

  it("wants keys renewed that were on the disk before it, and none that never were", async () => {
    const fresh = await open(new MemoryKeyFiles());
    await fresh.follow(A, 0);
    assert.equal(fresh.isRenewalDue, false);
    const files = new MemoryKeyFiles();
    const lock = await written(files);
    await lock.follow(A, 5);
    assert.equal(lock.isRenewalDue, true);
    const again = await open(files);
    await again.unlock(A);
    assert.equal(again.isRenewalDue, true);
    await again.markRenewed();
    const third = await open(files);
    await third.unlock(A);
    assert.equal(third.isRenewalDue, false);
  });

  it("refuses files that were put in each other's place, or in clear beside it", async () => {
    const files = new MemoryKeyFiles();
    const lock = await written(files);
    await lock.follow(A, 5);
    files.files.set("tls.key", files.files.get("data.key") ?? "");
    await assert.rejects(lock.read("tls.key"), /was altered/);
    files.files.set("tls.key", "planted");
    await assert.rejects(lock.read("tls.key"), /is not sealed/);
  });

  it("is forgotten with everything that it sealed", async () => {
    const files = new MemoryKeyFiles();
    const lock = await written(files);
    await lock.follow(A, 5);
    const again = await open(files);
    await again.forget();
    assert.equal(again.isLocked, false);
    assert.deepEqual([...files.files.keys()], []);
  });
});

/** Stops at the `steps`-th change: before it reaches the disk, or just after. */
class DyingFiles extends MemoryKeyFiles {
  readonly #disk: MemoryKeyFiles;
  readonly #after: boolean;
  #left: number;
  constructor(disk: MemoryKeyFiles, steps: number, after: boolean) {
    super();
    this.#disk = disk;
    this.#left = steps;
    this.#after = after;
  }
  override read(name: string): Promise<string | null> {
    return this.#disk.read(name);
  }
  override async write(name: string, text: string): Promise<void> {
    await this.#step(() => this.#disk.write(name, text));
  }
  override async remove(name: string): Promise<void> {
    await this.#step(() => this.#disk.remove(name));
  }
  async #step(change: () => Promise<void>): Promise<void> {
    const isLast = --this.#left <= 0;
    if (isLast && !this.#after) throw new Error("killed");
    if (this.#left >= 0) await change();
    if (isLast) throw new Error("killed");
  }
}

const CHANGES: readonly (readonly [string, string | null, string | null])[] = [
  ["turning on", null, A],
  ["rotation", A, B],
  ["turning off", A, null],
];

for (const [what, from, to] of CHANGES) {
  test(`killed at any step of ${what}, a host opens with the old key or the new one and goes on`, async () => {
    const seen = new Set<string>();
    let steps = 1;
    for (; ; steps++) {
      let hasEnded = false;
      for (const after of [false, true]) {
        const disk = new MemoryKeyFiles();
        const first = await written(disk);
        if (from !== null) await first.follow(from, 5);
        const dying = await KeyLock.open(new DyingFiles(disk, steps, after), SECRETS, seededRandom(9));
        if (from !== null) assert.equal(await dying.unlock(from), true);
        hasEnded = await dying.follow(to, 6).then(
          () => true,
          () => false,
        );
        const again = await open(disk);
        let opened: string | null = null;
        if (again.isLocked) {
          opened = to !== null && (await again.unlock(to)) ? to : from;
          if (opened === from) assert.ok(from !== null && (await again.unlock(from)));
        }
        seen.add(opened === to ? "new" : "old");
        await assertReadable(again);
        await again.follow(to, 6);
        await assertReadable(again);
        assert.equal(isInClear(disk), to === null);
        assert.equal((await open(disk)).isLocked, to !== null);
      }
      if (hasEnded) break;
    }
    assert.deepEqual([...seen].sort(), ["new", "old"]);
    // The lock file twice, two files, and what is left of a third.
    assert.equal(steps - 1, 5);
  });
}

test("a write that the disk refused in the middle of a change is finished by the next look", async () => {
  const disk = new MemoryKeyFiles();
  await written(disk);
  const lock = await KeyLock.open(new DyingFiles(disk, 2, false), SECRETS, seededRandom(9));
  await assert.rejects(lock.follow(A, 6), /killed/);
  assert.equal(lock.differs(A, 6), true);
  assert.ok(disk.files.has(LOCK_FILE));
});
