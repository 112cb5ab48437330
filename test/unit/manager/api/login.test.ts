import assert from "node:assert/strict";
import { test } from "node:test";
import { createControlApi } from "../../../../manager/api/control-api.ts";
import { listLogins, removeLogin, setLogin } from "../../../../manager/api/login.ts";
import { createService, updateService } from "../../../../manager/api/service.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import type { LoginSpec } from "../../../../shared/objects/types.ts";
import type { CreateServiceRequest } from "../../../../shared/rpc/gen/control.ts";
import type { ServiceSpec } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, NO_CHANGE, never } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const ALL = { idPrefixes: [], namePrefixes: [] };

function asked(name: string, part: Partial<LoginSpec> = {}) {
  const spec = { annotations: { name, labels: {} }, username: "somebody", password: "planted", identityToken: "" };
  return { spec: { ...spec, ...part }, verify: false };
}

test("a second login to the same registry takes the place of the first, however its address is written", async () => {
  const api = await createTestApi();
  const first = await setLogin(api, asked("Reg.example:5000"), never);
  const second = await setLogin(api, asked("https://reg.example:5000/v2/", { password: "newer" }), never);
  assert.equal(second.id, first.id);
  assert.equal(api.store.view().byName("login", "reg.example:5000")?.spec.password, "newer");
  for (const hub of ["", "docker.io", "index.docker.io", "https://index.docker.io/v1/"]) {
    assert.equal((await setLogin(api, asked(hub), never)).spec.annotations.name, "docker.io", hub);
  }
  assert.equal((await setLogin(api, asked("reg.example/team/a"), never)).spec.annotations.name, "reg.example/team/a");
  assert.equal((await listLogins(api, ALL)).length, 3);
  assert.equal((await listLogins(api, { ...ALL, namePrefixes: ["reg.example/"] })).length, 1);
});

test("no answer and no watch gives a password or token back", async () => {
  const api = await createTestApi();
  const answers: unknown[] = [await setLogin(api, asked("a.b"), never)];
  answers.push(await setLogin(api, asked("c.d", { password: "", identityToken: "planted" }), never));
  answers.push(await listLogins(api, ALL));
  const { watch } = createControlApi(api);
  const ending = new AbortController();
  const watching = watch.run({}, { signal: ending.signal } as never, async (message) => void answers.push(message));
  await setLogin(api, asked("a.b", { password: "planted too" }), never);
  ending.abort();
  await watching.catch(() => {});
  assert.ok(answers.length > 3);
  assert.doesNotMatch(JSON.stringify(answers), /planted/);
});

test("what the registry refuses is not stored, and what was there stays", async () => {
  const api = await createTestApi();
  await setLogin(api, asked("a.b", { password: "good" }), never);
  const refusing = {
    ...api,
    loginCheck: { check: () => Promise.reject(new SwarmError("permissionDenied", "registry a.b refuses it")) },
  };
  await assert.rejects(setLogin(refusing, { ...asked("a.b"), verify: true }, never), { code: "permissionDenied" });
  assert.equal(api.store.view().byName("login", "a.b")?.spec.password, "good");
  await removeLogin(api, "A.B");
  assert.deepEqual(await listLogins(api, ALL), []);
  await assert.rejects(removeLogin(api, "a.b"), { code: "notFound", message: "login a.b not found" });
});

test("a login that comes with a service is kept with it, and not at all when the service is refused", async () => {
  const api = await createTestApi();
  const wanted = (name: string): CreateServiceRequest => ({
    spec: structuredClone(make.createServiceSpec({ name })) as unknown as ServiceSpec,
    noResolveImage: true,
    login: asked("a.b").spec,
  });
  await assert.rejects(createService(api, wanted("no name"), never), { code: "invalidArgument" });
  assert.deepEqual(await listLogins(api, ALL), []);
  const { service } = await createService(api, wanted("web"), never);
  assert.equal(api.store.view().byName("login", "a.b")?.spec.password, "planted");
  await removeLogin(api, "a.b");
  await assert.rejects(createService(api, wanted("web"), never), { code: "alreadyExists" });
  const { spec } = wanted("web");
  const change = { ...NO_CHANGE, ref: service.id, spec, noResolveImage: true };
  const login = asked("a.b").spec;
  await assert.rejects(updateService(api, { ...change, version: 1_000, login }, never), { code: "aborted" });
  assert.deepEqual(await listLogins(api, ALL), []);
  await updateService(api, { ...change, version: service.meta.version, login }, never);
  assert.equal((await listLogins(api, ALL)).length, 1);
});

const WRONG: readonly (readonly [claim: string, ReturnType<typeof asked>, RegExp])[] = [
  ["no user", asked("a.b", { username: "" }), /^a login to registry a\.b needs a username$/],
  ["no password", asked("a.b", { password: "" }), /^a login to registry a\.b needs a password$/],
  ["a colon in the user", asked("a.b", { username: "a:b" }), /cannot hold a colon/],
  ["a line end in the user", asked("a.b", { username: "a\nb" }), /control characters/],
  ["a long user", asked("a.b", { username: "x".repeat(256) }), /a user of a registry: 256 bytes/],
  ["a long password", asked("a.b", { password: "planted".repeat(10_000) }), /^too much: a password or token/],
  ["a space in the host", asked("a b"), /^invalid registry "a b": expected HOST/],
  ["a path upwards", asked("a.b/../c"), /^invalid registry/],
  ["a query", asked("a.b/c?d"), /^invalid registry/],
];
for (const [claim, request, sentence] of WRONG) {
  test(`a login is refused with ${claim}, and the sentence holds nothing secret`, async () => {
    const api = await createTestApi();
    await assert.rejects(setLogin(api, request, never), (error: SwarmError) => {
      assert.equal(error.code, "invalidArgument");
      assert.match(error.message, sentence);
      assert.doesNotMatch(error.message, /planted/);
      return true;
    });
  });
}
