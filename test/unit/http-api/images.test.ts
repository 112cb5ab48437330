import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ROUTES } from "../../../http-api/routes.ts";
import { changesOf } from "../../../shared/docker-shape/config-changes.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { changedConfig } from "../../../worker/engine/images/image-changes.ts";
import { type ApiSocket, startApi } from "../../support/api-socket.ts";
import { fakeBackend } from "../../support/fake-backend.ts";

const ID = `sha256:${"ab".repeat(32)}`;
const DIGEST = `sha256:${"cd".repeat(32)}`;
const IMAGE = {
  id: ID,
  repoTags: ["shop:1", "reg.test:5000/team/shop:2"],
  repoDigests: [],
  createdAtMs: 5_000,
  sizeBytes: 9,
  sharedBytes: 4,
  containers: 1,
  labels: {},
  isIntermediate: false,
  isNeeded: false,
  parentId: "",
};
const layer = (state: string, current = 0) => ({ digest: DIGEST, state, current, total: 8 });
const progress = (layers: unknown[], result: unknown = null) => ({
  image: "x",
  layers,
  isWhole: layers.length > 0,
  bytesSoFar: 0,
  result,
});

async function* pull({ ref }: { ref: string }): AsyncGenerator<unknown> {
  yield progress([]);
  if (ref.startsWith("nosuch")) throw new SwarmError("notFound", "no such image");
  yield progress([layer("WAITING")]);
  yield progress([layer("DOWNLOADING", 4)]);
  if (ref.startsWith("broken")) throw new SwarmError("unavailable", "the registry went away");
  yield progress([layer("DONE", 8)], { id: ID, digest: DIGEST, wasPresent: false, name: ref });
}

async function* push({ ref }: { ref: string }): AsyncGenerator<unknown> {
  yield { status: `pushing ${ref}`, digest: "" };
  yield { status: "done", digest: DIGEST };
}

describe("Docker's operations on images", () => {
  const noted: (readonly [string, unknown])[] = [];
  let api: ApiSocket;
  before(async () => {
    const images = {
      pull,
      push,
      list: async () => ({ images: [IMAGE] }),
      listTags: async ({ repository }: { repository: string }) => {
        if (repository === "nosuch") throw new SwarmError("notFound", "no such repository");
        return { tags: ["1", "2"] };
      },
      inspect: async () => ({
        ...{ summary: IMAGE, layerDirectories: [], storedAtMs: 0, manifest: Buffer.from("1234567") },
        config: Buffer.from(JSON.stringify({ os: "linux", architecture: "amd64" })),
      }),
      async *save() {
        yield { data: Buffer.from("tar") };
      },
      remove: async () => ({
        removed: [
          { untagged: "shop:1", deleted: "" },
          { untagged: "", deleted: ID },
        ],
      }),
      prune: async () => ({ removed: [], reclaimedBytes: 3 }),
      commit: async () => ({ id: ID }),
      tag: async () => ({}),
      checkLogin: async ({ login }: { login: { password: string } }) => {
        if (login.password !== "right") throw new SwarmError("permissionDenied", "refused");
      },
    };
    api = await startApi({ backend: fakeBackend({ images }, noted), routes: ROUTES });
  });
  after(() => api[Symbol.asyncDispose]());
  const lines = (body: string): unknown[] =>
    body
      .trim()
      .split("\r\n")
      .map((line) => JSON.parse(line));
  const lastRequest = (): unknown => noted.at(-1)?.[1];

  it("take the platform that an image has, and refuse another with dockerd's sentence", async () => {
    const platform = (architecture: string): string =>
      encodeURIComponent(JSON.stringify({ os: "linux", architecture }));
    for (const [method, path, parameter] of [
      ["GET", "/images/shop:1/json", "platform"],
      ["GET", "/images/shop:1/history", "platform"],
      ["GET", "/images/shop:1/get", "platform"],
      ["POST", "/images/shop:1/push", "platform"],
      ["DELETE", "/images/shop:1", "platforms"],
    ] as const) {
      const asked = (words: string) => api.ask(method, `${path}?${parameter}=${words}`);
      assert.equal((await asked(platform("amd64"))).status, 200, path);
      const { status, body } = await asked(platform("arm64"));
      assert.equal(status, 404, path);
      assert.match(body, /its platform \(linux\/amd64\) does not match the specified platform \(linux\/arm64\)/);
      for (const wrong of ["linux", encodeURIComponent('{"os":"linux"}')])
        assert.equal((await asked(wrong)).status, 400, path);
    }
    for (const path of ["/images/json?manifests=1", "/images/shop:1/json?manifests=1"])
      assert.equal((await api.ask("GET", path)).status, 200, "which images here do not have");
  });

  it("tell a pull layer by layer, each state once", async () => {
    const { status, body } = await api.ask("POST", "/v1.50/images/create?fromImage=docker.io/library/shop&tag=1");
    assert.equal(status, 200);
    const id = "cd".repeat(6);
    assert.deepEqual(lines(body), [
      { status: "Pulling from library/shop", id: "1" },
      { status: "Pulling fs layer", progressDetail: {}, id },
      {
        status: "Downloading",
        progressDetail: { current: 4, total: 8 },
        progress: `[${"=".repeat(25)}>${" ".repeat(24)}]`,
        id,
      },
      { status: "Pull complete", progressDetail: {}, id },
      { status: `Digest: ${DIGEST}` },
      { status: "Status: Downloaded newer image for shop:1" },
    ]);
  });

  it("refuse a pull by a status as long as nothing was said, and by an object after that", async () => {
    const early = await api.ask("POST", "/images/create?fromImage=nosuch&tag=1");
    assert.deepEqual([early.status, JSON.parse(early.body)], [404, { message: "no such image" }]);
    const late = await api.ask("POST", "/images/create?fromImage=broken&tag=1");
    assert.equal(late.status, 200);
    const message = "the registry went away";
    assert.deepEqual(lines(late.body).at(-1), { errorDetail: { message }, error: message });
  });

  it("take a digest as the tag, and without one pull all that the registry has", async () => {
    await api.ask("POST", `/images/create?fromImage=shop&tag=${DIGEST}`);
    assert.equal((lastRequest() as { ref: string }).ref, `shop@${DIGEST}`);
    const { status, body } = await api.ask("POST", "/images/create?fromImage=shop");
    assert.equal(status, 200);
    for (const tag of ["1", "2"]) assert.match(body, new RegExp(`"Status: Downloaded newer image for shop:${tag}"`));
    const none = await api.ask("POST", "/images/create?fromImage=nosuch");
    assert.deepEqual([none.status, JSON.parse(none.body)], [404, { message: "no such repository" }]);
  });

  it("show a registry what the caller's header says, for the image's registry", async () => {
    const auth = Buffer.from(JSON.stringify({ username: "me", password: "pw", serveraddress: "elsewhere" }));
    const headers = { "x-registry-auth": auth.toString("base64url") };
    await api.ask("POST", "/images/create?fromImage=reg.test:5000/x&tag=1", { headers });
    assert.deepEqual((lastRequest() as { login: unknown }).login, {
      ...{ registry: "reg.test:5000", username: "me", password: "pw", identityToken: "" },
    });
    const bad = await api.ask("POST", "/images/create?fromImage=x&tag=1", { headers: { "x-registry-auth": "!" } });
    assert.equal(bad.status, 400);
    assert.ok(!bad.body.includes("pw"));
  });

  it("push every tag of a repository, or the one that is named", async () => {
    const one = lines((await api.ask("POST", "/images/reg.test:5000/team/shop/push?tag=2")).body);
    assert.deepEqual(one.at(-1), { progressDetail: {}, aux: { Tag: "2", Digest: DIGEST, Size: 7 } });
    const refused = await api.ask("POST", "/images/shop/push?tag=9");
    const message = "An image does not exist locally with the tag: shop:9";
    assert.equal(refused.status, 200);
    assert.deepEqual(lines(refused.body), [
      { status: "The push refers to repository [docker.io/library/shop]" },
      { errorDetail: { message }, error: message },
    ]);
    assert.deepEqual(lines((await api.ask("POST", "/images/shop/push")).body)[0], { status: "pushing shop:1" });
  });

  it("list with Docker's fields, and the names alone that a reference means", async () => {
    const all = JSON.parse((await api.ask("GET", "/v1.43/images/json?shared-size=1")).body);
    assert.deepEqual(all, [
      {
        Containers: 1,
        Created: 5,
        Id: ID,
        Labels: null,
        ParentId: "",
        RepoDigests: [],
        RepoTags: IMAGE.repoTags,
        SharedSize: 4,
        Size: 9,
        VirtualSize: 9,
      },
    ]);
    const filters = encodeURIComponent('{"reference":["*/*/shop"]}');
    const [some] = JSON.parse((await api.ask("GET", `/images/json?filters=${filters}`)).body);
    assert.deepEqual([some.RepoTags, "VirtualSize" in some], [["reg.test:5000/team/shop:2"], false]);
    for (const bad of ['{"colour":["red"]}', '{"dangling":["maybe"]}', '{"until":["soon"]}']) {
      const { status } = await api.ask("GET", `/images/json?filters=${encodeURIComponent(bad)}`);
      assert.equal(status, 400, bad);
    }
  });

  it("say what is gone, by names and ids", async () => {
    const { body } = await api.ask("DELETE", "/images/reg.test:5000/team/shop:2?force=1");
    assert.deepEqual(JSON.parse(body), [{ Untagged: "shop:1" }, { Deleted: ID }]);
    assert.deepEqual(lastRequest(), { ref: "reg.test:5000/team/shop:2", force: true, noPrune: false });
    const pruned = await api.ask("POST", `/images/prune?filters=${encodeURIComponent('{"dangling":{"false":true}}')}`);
    assert.deepEqual(JSON.parse(pruned.body), { ImagesDeleted: null, SpaceReclaimed: 3 });
    assert.deepEqual(lastRequest(), { all: true, untilMs: 0, labels: [], labelsNot: [] });
  });

  it("make an image of a container with what the body's configuration says, and then the changes", async () => {
    const { status, body } = await api.ask(
      "POST",
      "/commit?container=c&repo=docker.io/x&tag=y&changes=USER%202&pause=0",
      {
        body: JSON.stringify({ User: "1", Env: ['A="q"'] }),
        headers: { "content-type": "application/json" },
      },
    );
    assert.deepEqual([status, JSON.parse(body)], [201, { Id: ID }]);
    assert.deepEqual(lastRequest(), {
      ...{ container: "c", name: "docker.io/x:y", author: "", message: "", noPause: true },
      changes: ['ENV A="\\"q\\""', "USER 1", "USER 2"],
    });
  });

  it("answer a login as its registry does", async () => {
    const ask = (password: string) =>
      api.ask("POST", "/auth", {
        body: JSON.stringify({ username: "me", password, serveraddress: "reg.test:5000" }),
        headers: { "content-type": "application/json" },
      });
    assert.deepEqual(JSON.parse((await ask("right")).body), { Status: "Login Succeeded", IdentityToken: "" });
    assert.equal((await ask("wrong")).status, 401);
  });
});

describe("a configuration as changes", () => {
  it("is the same configuration again", () => {
    const config = {
      Env: ["A=1", 'B=two "words" \\ $x'],
      Labels: { a: "b c" },
      Cmd: ["x", "y z"],
      Entrypoint: ["/e"],
      ExposedPorts: { "80/tcp": {} },
      Volumes: { "/v w": {} },
      User: "u",
      WorkingDir: "/w",
      StopSignal: "SIGINT",
      OnBuild: ["RUN x"],
    };
    assert.deepEqual(changedConfig({}, changesOf(config)), config);
  });
});
