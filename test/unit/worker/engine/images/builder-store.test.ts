import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { silentLogger } from "../../../../../shared/log.ts";
import { BuilderStore } from "../../../../../worker/engine/images/builder-store.ts";
import { MemoryHostFiles } from "../../../../support/memory-host-files.ts";

const LIST = "/store/overlay-containers/containers.json";

function world(list: string) {
  const files = new MemoryHostFiles(list === "" ? {} : { [LIST]: list });
  let removals = 0;
  let hold: Promise<void> = Promise.resolve();
  const removeBuilders = async (): Promise<void> => {
    removals++;
    await hold;
    files.put(LIST, "[]");
  };
  const store = new BuilderStore({ tools: { removeBuilders }, files, log: silentLogger, storeRoot: "/store" });
  return {
    ...{ files, store },
    removals: () => removals,
    holdRemovals: (until: Promise<void>) => {
      hold = until;
    },
  };
}

describe("what builders leave in the image store", () => {
  it("is removed after the last of several builds, not under another one's feet", async () => {
    const { store, files, removals } = world("[]");
    const [one, other] = [await store.use(), await store.use()];
    files.put(LIST, '[{"id":"x"}]');
    await one[Symbol.asyncDispose]();
    assert.equal(removals(), 0);
    await other[Symbol.asyncDispose]();
    assert.equal(removals(), 1);
  });

  for (const list of ["", "[]"]) {
    it(`is nothing where the store says ${JSON.stringify(list)}`, async () => {
      const { store, removals } = world(list);
      await store.clear();
      assert.equal(removals(), 0);
    });
  }

  it("is gone before a new build begins", async () => {
    const { store, removals, holdRemovals } = world('[{"id":"x"}]');
    const held = Promise.withResolvers<void>();
    holdRemovals(held.promise);
    const clearing = store.clear();
    let hasBegun = false;
    const begun = store.use().then(() => {
      hasBegun = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(hasBegun, false);
    held.resolve();
    await Promise.all([clearing, begun]);
    assert.equal(removals(), 1);
  });

  it("stays for the next time where the list cannot be read", async () => {
    const { store, removals } = world("not JSON");
    await store.clear();
    assert.equal(removals(), 0);
  });
});
