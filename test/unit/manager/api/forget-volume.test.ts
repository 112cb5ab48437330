import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetVolume } from "../../../../manager/api/forget-volume.ts";
import { createTestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

test("the volume of a slot is given up on a node that is away, and on no other", async () => {
  const api = await createTestApi();
  const slotVolumes = [
    { name: "data-1", createdAtMs: 1 },
    { name: "data-2", createdAtMs: 1 },
  ];
  await api.store.update("nodes", (tx) => {
    tx.create("node", make.createNode("w1", { slotVolumes, state: "DOWN" }));
    tx.create("node", make.createNode("w2", { slotVolumes }));
  });
  await forgetVolume(api, { node: "w1", volume: "data-1" });
  assert.deepEqual(api.store.view().get("node", make.testId("w1"))?.description?.slotVolumes, [slotVolumes[1]]);
  await assert.rejects(forgetVolume(api, { node: "w1", volume: "data-1" }), {
    code: "notFound",
    message: "node w1 has told of no volume data-1 of a slot",
  });
  await assert.rejects(forgetVolume(api, { node: "w2", volume: "data-2" }), {
    code: "failedPrecondition",
    message: /^node w2 is ready: remove the volume itself with `swarmctl volume rm --node w2 data-2`$/,
  });
});
