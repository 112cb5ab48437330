import assert from "node:assert/strict";
import { test } from "node:test";
import { showServiceTrouble } from "../../../../manager/tasks/service-trouble.ts";
import { toDockerService } from "../../../../shared/docker-shape/service.ts";
import { prettyLines } from "../../../../swarmctl/format/inspect.ts";
import { serviceFields } from "../../../../swarmctl/service/pretty.ts";
import { createMemoryStore } from "../../../support/memory-store.ts";
import * as make from "../../../support/objects.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const web = make.createService("web");

async function createWorld() {
  const store = createMemoryStore(new VirtualClock());
  await store.update("fill", (tx) => tx.create("service", web));
  const service = () => {
    const found = store.view().get("service", web.id);
    assert.ok(found);
    return found;
  };
  return {
    store,
    service,
    show: (loop: string, sentence: string) => showServiceTrouble(store, loop, web.id, sentence),
    said: () => service().troubles.map(({ loop, sentence }) => `${loop}=${sentence}`),
  };
}

test("two loops in trouble over one service are both shown; one that recovers leaves the other's words", async () => {
  const { show, said, service } = await createWorld();
  await show("updater", "internal error: b");
  await show("reaper", "internal error: a");
  assert.deepEqual(said(), ["reaper=internal error: a", "updater=internal error: b"]);
  assert.deepEqual(toDockerService(service())["Troubles"], [
    { Loop: "reaper", Sentence: "internal error: a" },
    { Loop: "updater", Sentence: "internal error: b" },
  ]);
  const pretty = prettyLines(serviceFields(service(), 0));
  const at = pretty.indexOf("Troubles:");
  assert.deepEqual(pretty.slice(at, at + 3), [
    "Troubles:",
    " reaper:\tinternal error: a",
    " updater:\tinternal error: b",
  ]);
  await show("updater", "");
  assert.deepEqual(said(), ["reaper=internal error: a"]);
  await show("reaper", "");
  assert.deepEqual(said(), []);
  assert.equal("Troubles" in toDockerService(service()), false);
});

test("a loop whose name begins another's keeps to its own words", async () => {
  const { show, said } = await createWorld();
  await show("update", "x");
  await show("updater", "y");
  await show("update", "");
  assert.deepEqual(said(), ["updater=y"]);
});

test("a loop's newer words replace its older ones; the same words again, or none where none are, write nothing", async () => {
  const { show, said, store } = await createWorld();
  await show("updater", "x");
  await show("updater", "y");
  assert.deepEqual(said(), ["updater=y"]);
  const { version } = store.view();
  await show("updater", "y");
  await show("reaper", "");
  assert.equal(store.view().version, version);
});
