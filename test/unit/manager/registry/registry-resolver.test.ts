import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { RegistryResolver } from "../../../../manager/registry/registry-resolver.ts";
import { parseImageReference } from "../../../../shared/image-reference.ts";
import { silentLogger } from "../../../../shared/log.ts";
import type { LoginSpec } from "../../../../shared/objects/types.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { LoginsAndFiles } from "../../../../shared/registry/find-credentials.ts";
import type { HttpAnswer, HttpQuestion, RegistryFiles } from "../../../../shared/registry/registry-world.ts";
import { never } from "../../../support/control-api.ts";
import { createLogin } from "../../../support/objects.ts";

type Said = readonly [status: number, body?: string, headers?: Readonly<Record<string, string>>];
type Script = (question: HttpQuestion) => Said | Error;

const LIST = JSON.stringify({ manifests: [{ platform: { architecture: "amd64", os: "linux" } }] });
const sha256 = (text: string): string => `sha256:${createHash("sha256").update(text).digest("hex")}`;
const FOUND = { digest: sha256(LIST), platforms: [{ architecture: "x86_64", os: "linux" }] };
const image = parseImageReference("reg.example/app:1");
const BEARER = { "www-authenticate": 'Bearer realm="https://auth.example/token",service="reg"' };

/** A resolver whose registry is a function; `asked` are its questions as "METHOD URL [Authorization]". */
function setUp(script: Script, files: Partial<RegistryFiles> = {}) {
  const all: RegistryFiles = {
    ...{ conf: () => [], credentials: () => [], certificates: () => null, isSpecial: () => false },
    ...files,
  };
  const logins = new Map<string, LoginSpec>();
  const asked: string[] = [];
  const left: string[] = [];
  const world = { script, hold: Promise.resolve() as Promise<void> };
  const resolver = new RegistryResolver({
    http: {
      ask: async (question): Promise<HttpAnswer> => {
        const { authorization } = question.headers;
        asked.push([question.method, question.url, authorization].filter((part) => part !== undefined).join(" "));
        await world.hold;
        const said = world.script(question);
        if (said instanceof Error) throw said;
        const [status, body = "", headers = {}] = said;
        return { status, header: (name) => headers[name] ?? "", body: Buffer.from(body) };
      },
      open: () => Promise.reject(new Error("nothing is streamed")),
    },
    files: all,
    credentials: new LoginsAndFiles({
      files: all,
      programs: { ask: async () => null },
      loginOf: (name) => logins.get(name),
    }),
    fallback: {
      resolve: async ({ path }) => {
        left.push(path);
        return { digest: "sha256:skopeo", platforms: [] };
      },
    },
    clock: systemClock,
    log: silentLogger,
  });
  return { resolver, asked, left, world, logins };
}

const open: Script = ({ url }) => (url.endsWith("/v2/") ? [200] : [200, LIST]);

test("an open registry is asked twice: what it is, and for the manifest", async () => {
  const { resolver, asked } = setUp(open);
  assert.deepEqual(await resolver.resolve(image, never), FOUND);
  assert.deepEqual(asked, ["GET https://reg.example/v2/", "GET https://reg.example/v2/app/manifests/1"]);
});

test("the second time a HEAD is enough, unless the tag has moved", async () => {
  const { resolver, asked, world } = setUp(open);
  await resolver.resolve(image, never);
  world.script = (question) =>
    question.method === "HEAD" ? [200, "", { "docker-content-digest": FOUND.digest }] : [200, "not fetched"];
  assert.deepEqual(await resolver.resolve(image, never), FOUND);
  assert.equal(asked.at(-1), "HEAD https://reg.example/v2/app/manifests/1");
  const moved = JSON.stringify({ manifests: [] });
  world.script = ({ method, url }) =>
    method === "HEAD"
      ? [200, "", { "docker-content-digest": sha256(moved) }]
      : url.endsWith("/v2/")
        ? [200]
        : [200, moved];
  assert.deepEqual(await resolver.resolve(image, never), { digest: sha256(moved), platforms: [] });
});

test("a token is asked for with the credentials, and shown to the registry alone", async () => {
  const encoded = Buffer.from("u:p").toString("base64");
  const config = JSON.stringify({ architecture: "arm64", os: "linux" });
  const plain = JSON.stringify({ config: { digest: sha256(config) } });
  const { resolver, asked } = setUp(
    ({ url }) => {
      if (url.endsWith("/v2/")) return [401, "", BEARER];
      if (url.startsWith("https://auth.example/")) return [200, JSON.stringify({ token: "t0k" })];
      if (url.startsWith("https://cdn.example/")) return [200, config];
      return url.includes("/blobs/") ? [307, "", { location: "https://cdn.example/x" }] : [200, plain];
    },
    { credentials: () => [JSON.stringify({ auths: { "reg.example": { auth: encoded } } })] },
  );
  assert.deepEqual(await resolver.resolve(image, never), {
    digest: sha256(plain),
    platforms: [{ architecture: "aarch64", os: "linux" }],
  });
  assert.deepEqual(asked, [
    "GET https://reg.example/v2/",
    `GET https://auth.example/token?service=reg&scope=repository%3Aapp%3Apull Basic ${encoded}`,
    "GET https://reg.example/v2/app/manifests/1 Bearer t0k",
    `GET https://reg.example/v2/app/blobs/${sha256(config)} Bearer t0k`,
    "GET https://cdn.example/x",
  ]);
});

test("what a registry answers becomes a sentence and a code", async () => {
  const refuse =
    (...said: Said): Script =>
    ({ url }) =>
      url.endsWith("/v2/") ? [200] : said;
  const table: readonly (readonly [claim: string, script: Script, code: string, sentence: RegExp])[] = [
    ["no such tag", refuse(404), "notFound", /check its name and tag$/],
    ["forbidden", refuse(403), "notFound", /access to it is denied$/],
    ["too many requests", refuse(429), "unavailable", /does not answer$/],
    ["broken", () => [500], "unavailable", /does not answer$/],
    ["no connection", () => new Error("ECONNREFUSED"), "unavailable", /does not answer$/],
    ["a password without credentials", () => [401, "", { "www-authenticate": "Basic" }], "notFound", /denied$/],
    ["no JSON", refuse(200, "<html>"), "unavailable", /does not answer$/],
    ["a circle", ({ url }) => (url.endsWith("/v2/") ? [200] : [302, "", { location: url }]), "unavailable", /answer$/],
    ["another scheme", refuse(302, "", { location: "file:///etc/shadow" }), "unavailable", /does not answer$/],
    ["no TLS elsewhere", refuse(302, "", { location: "http://x.example/" }), "unavailable", /does not answer$/],
    [
      "a configuration that is another",
      refuse(200, JSON.stringify({ config: { digest: sha256("x") } })),
      "unavailable",
      /answer$/,
    ],
  ];
  for (const [claim, script, code, sentence] of table) {
    await assert.rejects(setUp(script).resolver.resolve(image, never), { code, message: sentence }, claim);
  }
});

test("what only skopeo can do is left to it", async () => {
  const distrust = Object.assign(new Error("self-signed"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  const cases: readonly (readonly [claim: string, script: Script, files?: Partial<RegistryFiles>])[] = [
    ["a proxy", open, { isSpecial: () => true }],
    ["a token that renews itself", open, { credentials: () => ['{"auths":{"reg.example":{"identitytoken":"x"}}}'] }],
    ["configured helpers", open, { conf: () => [{ path: "/c", text: 'credential-helpers = ["pass"]' }] }],
    ["a certificate that is not trusted here", () => distrust],
    ["an unknown way to sign in", () => [401, "", { "www-authenticate": "Negotiate" }]],
    ["a token server without TLS", () => [401, "", { "www-authenticate": 'Bearer realm="http://a/t"' }]],
    ["a manifest of an older kind", ({ url }) => (url.endsWith("/v2/") ? [200] : [200, '{"schemaVersion":1}'])],
  ];
  for (const [claim, script, files] of cases) {
    const { resolver, left } = setUp(script, files);
    assert.equal((await resolver.resolve(image, never)).digest, "sha256:skopeo", claim);
    assert.deepEqual(left, ["app"], claim);
  }
});

test("those who ask for the same image at once share one look-up, and may leave it", async () => {
  const { resolver, asked, world } = setUp(open);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.hold = promise;
  const leaving = new AbortController();
  const left = resolver.resolve(image, leaving.signal);
  const staying = [resolver.resolve(image, never), resolver.resolve(image, never)];
  leaving.abort(new Error("gone"));
  await assert.rejects(left, /gone/);
  resolve();
  assert.deepEqual(await Promise.all(staying), [FOUND, FOUND]);
  assert.equal(asked.length, 2);
});

test("when the registry is away, its last answer is used and said to be that; a removed image is forgotten", async () => {
  const { resolver, world } = setUp(open);
  await resolver.resolve(image, never);
  world.script = () => new Error("down");
  const { warning, ...rest } = await resolver.resolve(image, never);
  assert.deepEqual(rest, FOUND);
  assert.match(
    warning ?? "",
    /^registry reg\.example cannot be reached or does not answer: image reg\.example\/app:1 is taken as it was \d+ min ago, when the registry last answered$/,
  );
  world.script = ({ url }) => (url.endsWith("/v2/") ? [200] : [404]);
  await assert.rejects(resolver.resolve(image, never), { code: "notFound" });
  world.script = () => new Error("down");
  await assert.rejects(resolver.resolve(image, never), { code: "unavailable" });
});

test("the swarm's login for the longest part of the name is shown, the newest each time, before the host's own", async () => {
  const own = JSON.stringify({ auths: { "reg.example": { auth: Buffer.from("own:x").toString("base64") } } });
  const wants: Script = ({ url, headers }) =>
    url.endsWith("/v2/") ? [401, "", { "www-authenticate": "Basic" }] : headers["authorization"] ? [200, LIST] : [401];
  const { resolver, asked, logins } = setUp(wants, { credentials: () => [own] });
  const shown = async (): Promise<string> => {
    await resolver.resolve(parseImageReference("reg.example/team/app:1"), never);
    return Buffer.from(asked.at(-1)?.split(" ").at(-1) ?? "", "base64").toString();
  };
  assert.equal(await shown(), "own:x");
  logins.set("reg.example", createLogin("reg.example", "all", "1").spec);
  assert.equal(await shown(), "all:1");
  logins.set("reg.example/team", createLogin("reg.example/team", "team", "1").spec);
  assert.equal(await shown(), "team:1");
  logins.set("reg.example/team", createLogin("reg.example/team", "team", "2").spec);
  assert.equal(await shown(), "team:2");
  logins.set("reg.example/tea", createLogin("reg.example/tea", "other", "1").spec);
  logins.delete("reg.example/team");
  assert.equal(await shown(), "all:1");
});
