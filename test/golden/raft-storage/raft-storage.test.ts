/**
 * Directories written by earlier versions, opened by this one: old logs replay. A new format gets a directory of its
 * own here; those there are never written again.
 */
import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DATA_KEY_FILE } from "../../../raft/storage/data-keys.ts";
import { keyFilesIn } from "../../../shared/pki/ports/key-files.ts";
import { openLevelStorage } from "../../support/level-storage.ts";
import { LoneManager } from "../../support/lone-manager.ts";
import { waitFor } from "../../support/wait.ts";

/** With their key where they have one. */
const FORMATS = ["v1-plain", "v2-encrypted", "v3-batched"];

for (const format of FORMATS) {
  test(`a log of ${format} gives the objects that were in it, and goes on`, async () => {
    const expected = (await readFile(join(import.meta.dirname, "objects.txt"), "utf8")).trimEnd().split("\n");
    const place = await mkdtemp(join(tmpdir(), "raft-golden-"));
    try {
      await cp(join(import.meta.dirname, format), place, { recursive: true });
      const keys = keyFilesIn(join(place, "certificates"));
      const open = () => openLevelStorage(join(place, "raft"), keys);
      {
        await using manager = await LoneManager.start(await open(), "resume");
        assert.deepEqual(manager.objects(), expected);
        await manager.store.update("on", (tx) => {
          for (const task of tx.all("task")) tx.update("task", { ...task, slot: 99 });
        });
      }
      await untilEncrypted(keys, open);
      {
        await using manager = await LoneManager.start(await open(), "resume");
        assert.equal(manager.objects().filter((line) => line.endsWith("slot 99")).length, 6);
        await manager.node.rotateDataKey();
      }
      for (const file of await readdir(join(place, "raft"))) {
        const bytes = await readFile(join(place, "raft", file));
        assert.equal(bytes.indexOf("nginx:latest"), -1, `an image's name can be read in ${file}`);
      }
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  });
}

/** Short runs end before the first encryption does; one start that lasts finishes it. */
async function untilEncrypted(
  keys: ReturnType<typeof keyFilesIn>,
  open: () => ReturnType<typeof openLevelStorage>,
): Promise<void> {
  await using storage = await open();
  await storage.load();
  await waitFor("a log that is encrypted", async () => (await keys.read(DATA_KEY_FILE))?.includes('"previous": null'));
}
