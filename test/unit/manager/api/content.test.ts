import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  createContent,
  getContent,
  listContents,
  removeContent,
  updateContent,
} from "../../../../manager/api/content.ts";
import { createService, removeService, updateService } from "../../../../manager/api/service.ts";
import { watch } from "../../../../manager/api/watch.ts";
import { CONTENT_KINDS, type ContentKind } from "../../../../shared/objects/file-reference.ts";
import { CONTENT_LIMITS } from "../../../../shared/objects/limits.ts";
import type { Config, Secret, ServiceSpec } from "../../../../shared/objects/types.ts";
import type { ListContentsRequest } from "../../../../shared/rpc/gen/control.ts";
import type { ContentSpec, FileReference } from "../../../../shared/rpc/gen/objects.ts";
import { createTestApi, NO_CHANGE, never, type TestApi } from "../../../support/control-api.ts";
import * as make from "../../../support/objects.ts";

const PLANTED = "planted-value";
const noFilter: ListContentsRequest = { idPrefixes: [], namePrefixes: [], labels: [], names: [] };

function specOf(name: string, part: Partial<ContentSpec> = {}): ContentSpec {
  return { annotations: { name, labels: {} }, data: Buffer.from(PLANTED), templateDriver: "", ...part };
}

const create = (api: TestApi, kind: ContentKind, name: string): Promise<Secret | Config> =>
  createContent(api, kind, { spec: specOf(name) });

function use(kind: ContentKind, name: string, part: Partial<FileReference> = {}): ServiceSpec {
  const reference = { sourceId: "", sourceName: name, target: name, uid: 0, gid: 0, ...part };
  const container = make.createContainerSpec({ [kind === "secret" ? "secrets" : "configs"]: [reference] });
  return make.createServiceSpec({
    task: make.createTaskSpec({ container }),
  });
}

const refused = (code: string, pattern: RegExp) => (error: Error & { code?: string }) => {
  assert.equal(error.code, code);
  assert.match(error.message, pattern);
  assert.doesNotMatch(error.message, new RegExp(PLANTED));
  return true;
};

for (const kind of CONTENT_KINDS) {
  describe(`a ${kind}`, () => {
    const wrong: readonly (readonly [string, ContentSpec, RegExp])[] = [
      ["no name", specOf(""), /needs a name/],
      ["a name that ends with a dot", specOf("a."), /invalid .* name "a\."/],
      ["a long name", specOf("a".repeat(65)), /at most 64/],
      ["no data", specOf("a", { data: Buffer.alloc(0) }), /a is empty: it must hold at least one byte$/],
      [
        "too much data",
        specOf("a", { data: Buffer.alloc(CONTENT_LIMITS[kind].max + 1) }),
        new RegExp(`a is too large: ${CONTENT_LIMITS[kind].max + 1} bytes, at most ${CONTENT_LIMITS[kind].max}`),
      ],
      [
        "a template that is none",
        specOf("a", { templateDriver: "golang", data: Buffer.from("{{if}}") }),
        new RegExp(`^the template of ${kind} a is invalid: `),
      ],
      ["an unknown template driver", specOf("a", { templateDriver: "perl" }), /unknown template driver "perl"/],
    ];
    for (const [what, spec, sentence] of wrong) {
      it(`is refused with ${what}`, async () => {
        const api = await createTestApi();
        await assert.rejects(createContent(api, kind, { spec }), refused("invalidArgument", sentence));
        assert.deepEqual(await listContents(api, kind, noFilter), []);
      });
    }

    it("may be as large as its limit", async () => {
      const api = await createTestApi();
      const data = Buffer.alloc(CONTENT_LIMITS[kind].max, 1);
      const { id } = await createContent(api, kind, { spec: specOf("a", { data }) });
      assert.equal(api.store.view().get(kind, id)?.spec.data.length, data.length);
    });

    it("has a name of its own, ignoring case", async () => {
      const api = await createTestApi();
      await create(api, kind, "Key.v1");
      await assert.rejects(create(api, kind, "key.V1"), refused("alreadyExists", /key\.V1 already exists/));
    });

    it("is found by filters", async () => {
      const api = await createTestApi();
      await create(api, kind, "key_v1");
      await createContent(api, kind, {
        spec: specOf("key_v2", { annotations: { name: "key_v2", labels: { a: "b" } } }),
      });
      const names = async (part: Partial<ListContentsRequest>) =>
        (await listContents(api, kind, { ...noFilter, ...part })).map(({ spec }) => spec.annotations.name).sort();
      assert.deepEqual(await names({ namePrefixes: ["KEY"] }), ["key_v1", "key_v2"]);
      assert.deepEqual(await names({ names: ["key"] }), []);
      assert.deepEqual(await names({ names: ["KEY_v1"] }), ["key_v1"]);
      assert.deepEqual(await names({ labels: ["a=b"] }), ["key_v2"]);
    });

    it("changes its labels, and nothing else", async () => {
      const api = await createTestApi();
      const { id, meta, spec } = await create(api, kind, "key");
      const change = (part: Partial<ContentSpec>, version = meta.version) =>
        updateContent(api, kind, { ref: id, version, spec: { ...spec, ...part } });
      await assert.rejects(change({}, 0), refused("invalidArgument", /needs the version of the .* that was read/));
      for (const part of [
        { annotations: { name: "other", labels: {} } },
        { data: Buffer.from("other") },
        { templateDriver: "golang" },
      ]) {
        await assert.rejects(change(part), refused("invalidArgument", /only the labels/));
      }
      const changed = await change({ annotations: { name: "key", labels: { a: "b" } } });
      assert.deepEqual({ ...changed.spec.annotations.labels }, { a: "b" });
      assert.equal(api.store.view().get(kind, id)?.spec.data.toString(), PLANTED);
      await assert.rejects(change({}), refused("aborted", /out of sequence/));
    });

    it("that is in use stays, and the answer names the services", async () => {
      const api = await createTestApi();
      const { id } = await create(api, kind, "key");
      const { service } = await createService(
        api,
        { spec: use(kind, "KEY"), noResolveImage: true, login: null },
        never,
      );
      const { container } = service.spec.task;
      assert.deepEqual(
        [...container.secrets, ...container.configs].map(({ sourceId, sourceName }) => [sourceId, sourceName]),
        [[id, "key"]],
      );
      const sentence = new RegExp(`^${kind} key is in use by service web$`);
      await assert.rejects(removeContent(api, kind, "key"), refused("invalidArgument", sentence));
      await removeService(api, "web");
      await removeContent(api, kind, "key");
      await assert.rejects(getContent(api, kind, "key"), refused("notFound", /key not found/));
    });

    it("stays while an update that gave it up may still be rolled back", async () => {
      const api = await createTestApi();
      await create(api, kind, "v1");
      await create(api, kind, "v2");
      const { service } = await createService(api, { spec: use(kind, "v1"), noResolveImage: true, login: null }, never);
      const swapped = use(kind, "v2", { target: "v1" });
      await updateService(
        api,
        { ...NO_CHANGE, ref: service.id, version: service.meta.version, spec: swapped, noResolveImage: true },
        never,
      );
      const setState = (state: "UPDATING" | "COMPLETED") =>
        api.store.update("state", (tx) => {
          const newest = tx.get("service", service.id);
          assert.ok(newest);
          const updateStatus = { state, startedAtMs: 1, completedAtMs: 0, message: "", failedTask: "" };
          tx.update("service", { ...newest, updateStatus });
        });
      await setState("UPDATING");
      await assert.rejects(removeContent(api, kind, "v1"), refused("invalidArgument", /in use by service web$/));
      await setState("COMPLETED");
      await removeContent(api, kind, "v1");
    });

    it("that there is not is refused to a service", async () => {
      const api = await createTestApi();
      for (const part of [{ uid: 4_294_967_295 }, { gid: 4_294_967_295 }]) {
        await assert.rejects(
          createService(api, { spec: use(kind, "nope", part), noResolveImage: true, login: null }, never),
          refused("invalidArgument", /^invalid owner /),
        );
      }
      await assert.rejects(
        createService(api, { spec: use(kind, "nope"), noResolveImage: true, login: null }, never),
        refused("invalidArgument", new RegExp(`^${kind} not found: nope$`)),
      );
      assert.deepEqual(api.store.view().all("service"), []);
    });
  });
}

it("no answer and no watch holds a secret's data, but a config's", async () => {
  const api = await createTestApi();
  const answers: unknown[] = [];
  for (const kind of CONTENT_KINDS) {
    const made = await create(api, kind, kind);
    const version = made.meta.version;
    answers.push(made, await getContent(api, kind, kind), await listContents(api, kind, noFilter));
    answers.push(await updateContent(api, kind, { ref: kind, version, spec: made.spec }));
  }
  const stop = new AbortController();
  await watch(api, stop.signal, async (message) => {
    answers.push(message);
    stop.abort();
  });
  const data: [string, string][] = [];
  const collect = (value: unknown, name: string): void => {
    if (Buffer.isBuffer(value)) data.push([name, value.toString()]);
    else if (Array.isArray(value)) for (const each of value) collect(each, name);
    else if (typeof value === "object" && value !== null) {
      const { annotations } = value as { annotations?: { name: string } };
      for (const part of Object.values(value)) collect(part, annotations?.name ?? name);
    }
  };
  collect(answers, "");
  assert.deepEqual(
    data.filter(([name]) => name === "secret").map(([, text]) => text),
    ["", "", "", "", ""],
  );
  assert.deepEqual(
    data.filter(([name]) => name === "config").map(([, text]) => text),
    Array.from({ length: 5 }, () => PLANTED),
  );
});
