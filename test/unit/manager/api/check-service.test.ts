import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createContent, isSecretSame } from "../../../../manager/api/content.ts";
import { checkService, createService } from "../../../../manager/api/service.ts";
import type { ServiceSpec } from "../../../../shared/objects/types.ts";
import type { ServiceSpec as WireServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, digestOf, never } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const wire = (spec: ServiceSpec): WireServiceSpec => structuredClone(spec) as unknown as WireServiceSpec;
const asked = (parts: make.ServiceSpecParts, ref = "") => ({
  ref,
  spec: wire(make.createServiceSpec(parts)),
  noResolveImage: false,
});

describe("checkService", () => {
  it("answers the spec that a create would store, and stores nothing", async () => {
    const api = await createTestApi();
    const { spec, warnings } = await checkService(api, asked({ name: "web" }), never);
    assert.deepEqual(api.store.view().all("service"), []);
    assert.equal(spec.task.container.image, `nginx:latest@${digestOf("a")}`);
    assert.deepEqual(spec.task.placement?.platforms, [{ architecture: "x86_64", os: "linux" }]);
    assert.deepEqual(warnings, []);
    const { service } = await createService(api, { ...asked({ name: "web" }), login: null }, never);
    assert.deepEqual(JSON.parse(JSON.stringify(service.spec)), JSON.parse(JSON.stringify(spec)));
  });

  it("refuses what a create or an update would refuse, in the same words", async () => {
    const api = await createTestApi();
    const { service } = await createService(api, { ...asked({ name: "web" }), login: null }, never);
    await assert.rejects(checkService(api, asked({ name: "web" }), never), {
      code: "alreadyExists",
      message: "service web already exists: choose another name",
    });
    await assert.rejects(checkService(api, asked({ name: "other" }, service.id), never), {
      code: "unimplemented",
      message: "renaming services is not supported: create a new one and remove the old",
    });
    await assert.rejects(checkService(api, asked({ name: "web" }, "nope"), never), { code: "notFound" });
    await checkService(api, asked({ name: "web" }, service.id), never);
    assert.equal(api.store.view().get("service", service.id)?.meta.version, service.meta.version);
  });
});

it("a secret is the same only as exactly its bytes", async () => {
  const api = await createTestApi();
  const data = Buffer.from("planted");
  await createContent(api, "secret", { spec: { annotations: { name: "key", labels: {} }, data, templateDriver: "" } });
  const compare = (text: string) => isSecretSame(api, { ref: "key", data: Buffer.from(text) });
  assert.deepEqual(await Promise.all(["planted", "plante", "plantee", "plantedd", ""].map(compare)), [
    true,
    false,
    false,
    false,
    false,
  ]);
  await assert.rejects(isSecretSame(api, { ref: "nope", data }), { code: "notFound" });
});
