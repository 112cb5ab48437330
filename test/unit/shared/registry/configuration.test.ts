import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SwarmError } from "../../../../shared/errors.ts";
import { parseImageReference, toFullText } from "../../../../shared/image-reference.ts";
import { parseChallenge, tokenUrl } from "../../../../shared/registry/challenge.ts";
import { credentialsOf, saidOf } from "../../../../shared/registry/credentials.ts";
import { sourcesOf } from "../../../../shared/registry/endpoints.ts";
import { parseRegistriesConf } from "../../../../shared/registry/registries-conf.ts";

const rulesOf = (...texts: string[]) => parseRegistriesConf(texts.map((text, at) => ({ path: `/c${at}`, text }))).rules;

/** Where an image is asked for, as skopeo's own debug log says it; "!" = without verified TLS. */
function places(image: string, ...texts: string[]): readonly string[] | "blocked" {
  const found = sourcesOf(parseImageReference(image), rulesOf(...texts));
  if (found.kind === "blocked") return "blocked";
  return found.sources.map(({ image: asked, insecure }) => `${toFullText(asked)}${insecure ? "!" : ""}`);
}

const DIGEST = `sha256:${"a".repeat(64)}`;
const HUB = `[[registry]]\nprefix = "docker.io"\nlocation = "hub:5000/copies"\ninsecure = true\n`;
const MIRRORED = `[[registry]]\nlocation = "a.b"\n[[registry.mirror]]\nlocation = "m/x"\ninsecure = true\n`;

test("registries.conf says where an image is asked for", () => {
  const table: readonly (readonly [
    claim: string,
    image: string,
    confs: string[],
    places: readonly string[] | "blocked",
  ])[] = [
    ["no rule", "nginx:1", [], ["docker.io/library/nginx:1"]],
    ["another registry's rule", "a.b/c:1", [HUB], ["a.b/c:1"]],
    ["a location takes the prefix's place", "nginx:1", [HUB], ["hub:5000/copies/library/nginx:1!"]],
    ["mirrors come first", "a.b/c:1", [MIRRORED], ["m/x/c:1!", "a.b/c:1"]],
    ["a slash at the end is nothing", "a.b/c:1", ['[[registry]]\nlocation = "a.b/"\n'], ["a.b/c:1"]],
    [
      "the longest prefix counts",
      "a.b/c/d:1",
      ['[[registry]]\nlocation = "a.b"\nblocked = true\n[[registry]]\nprefix = "a.b/c"\nlocation = "x.y"\n'],
      ["x.y/d:1"],
    ],
    ["a prefix ends with a part", "a.b/cd:1", ['[[registry]]\nprefix = "a.b/c"\nlocation = "x.y"\n'], ["a.b/cd:1"]],
    ["a prefix may have a tag", "a.b/c:1", ['[[registry]]\nprefix = "a.b/c:1"\nlocation = "x.y/z:2"\n'], ["x.y/z:2"]],
    ["*. means hosts below", "w.a.b/c:1", ['[[registry]]\nprefix = "*.a.b"\nlocation = "x.y/p"\n'], ["x.y/p/c:1"]],
    ["*. means not the host itself", "a.b/c:1", ['[[registry]]\nprefix = "*.a.b"\nblocked = true\n'], ["a.b/c:1"]],
    ["*. means no path", "q/w.a.b:1", ['[[registry]]\nprefix = "*.a.b"\nblocked = true\n'], ["docker.io/q/w.a.b:1"]],
    ["*. needs no location", "w.a.b/c:1", ['[[registry]]\nprefix = "*.a.b"\ninsecure = true\n'], ["w.a.b/c:1!"]],
    ["blocked", "a.b/c:1", ['[[registry]]\nlocation = "a.b"\nblocked = true\n'], "blocked"],
    [
      "a later file replaces a rule",
      "nginx:1",
      [HUB, '[[registry]]\nlocation = "docker.io"\n'],
      ["docker.io/library/nginx:1"],
    ],
    [
      "a mirror for digests alone gets no tags",
      "a.b/c:1",
      [MIRRORED.replace("[[registry.mirror]]", "mirror-by-digest-only = true\n[[registry.mirror]]")],
      ["a.b/c:1"],
    ],
    [
      "it gets digests",
      `a.b/c@${DIGEST}`,
      [`${MIRRORED}pull-from-mirror = "digest-only"\n`],
      [`m/x/c@${DIGEST}!`, `a.b/c@${DIGEST}`],
    ],
    [
      "a mirror for tags alone gets no digests",
      `a.b/c@${DIGEST}`,
      [`${MIRRORED}pull-from-mirror = "tag-only"\n`],
      [`a.b/c@${DIGEST}`],
    ],
  ];
  for (const [claim, image, confs, wanted] of table) {
    // ParseNamed of skopeo takes "m" for a host where our grammar wants a dot, a port or localhost.
    const named = confs.map((text) => text.replaceAll('"m/x"', '"m.m/x"'));
    const expected = wanted === "blocked" ? wanted : wanted.map((place) => place.replace(/^m\//, "m.m/"));
    assert.deepEqual(places(image, ...named), expected, claim);
  }
});

test("a configuration that cannot be used is named", () => {
  const table: readonly (readonly [text: string, why: RegExp])[] = [
    ["[[registry", /^\/c0 on this host cannot be used: it is not TOML$/],
    ["[registries.search]\nregistries = ['a']", /it is of version 1$/],
    ["[[registry]]\nprefix = 'a.b'", /neither location nor a prefix/],
    ["[[registry]]\nlocation = 'https://a.b'", /must not begin with a scheme/],
    ["[[registry]]\nlocation = 'a'\n[[registry.mirror]]\ninsecure = true", /a mirror has no location/],
    [
      "[[registry]]\nlocation = 'a'\n[[registry.mirror]]\nlocation = 'b'\npull-from-mirror = 'x'",
      /pull-from-mirror is "x"/,
    ],
    ["registry = 5", /lists of tables/],
  ];
  for (const [text, why] of table) {
    assert.throws(() => rulesOf(text), { code: "failedPrecondition", message: why });
  }
});

test("what a registry wants is read from its challenge", () => {
  const bearer = { kind: "bearer", realm: "https://a.b/t", service: "s,1", scope: "x" };
  const table: readonly (readonly [header: string, wanted: unknown])[] = [
    ['Bearer realm="https://a.b/t",service="s,1",scope="x"', bearer],
    ['bearer  scope="x" , REALM="https://a.b/t", service="s,1"', bearer],
    ['Negotiate, Bearer realm="https://a.b/t",service="s,1",scope="x"', bearer],
    ['Basic realm="a, Bearer b"', { kind: "basic" }],
    ["Basic", { kind: "basic" }],
    ["Bearer realm=https://a.b/t", { ...bearer, service: "", scope: "" }],
    ['Bearer realm="file:///etc/passwd"', null],
    ['Bearer service="s"', null],
    ['Digest realm="x"', null],
    ["", null],
  ];
  for (const [header, wanted] of table) assert.deepEqual(parseChallenge(header), wanted, header);
  assert.equal(
    tokenUrl({ kind: "bearer", realm: "https://a.b/t?x=1", service: "s 1", scope: "" }, "library/nginx"),
    "https://a.b/t?x=1&service=s+1&scope=repository%3Alibrary%2Fnginx%3Apull",
  );
});

/** As our own client sees it; a program is not run. */
function shownFor(image: string, files: readonly string[]): object {
  const said = saidOf(parseImageReference(image), files);
  return said.kind === "user" ? credentialsOf(said.user) : said;
}

test("credentials are those of the first file and the longest part of the name", () => {
  const auth = (text: string): string => Buffer.from(text).toString("base64");
  const file = (auths: object, more: object = {}): string => JSON.stringify({ auths, ...more });
  const hubHelper = { kind: "helper", name: "pass", server: "https://index.docker.io/v1/" };
  const basic = (text: string): object => ({ kind: "basic", encoded: auth(text) });
  const table: readonly (readonly [claim: string, image: string, files: string[], wanted: object])[] = [
    ["none", "a.b/c", [], { kind: "none" }],
    ["another host's", "a.b/c", [file({ "x.y": { auth: auth("u:p") } })], { kind: "none" }],
    ["a host's", "a.b/c", [file({ "a.b": { auth: auth("u:p:q") } })], basic("u:p:q")],
    [
      "a path's before its host's",
      "a.b/c/d",
      [file({ "a.b": { auth: auth("h:1") }, "a.b/c": { auth: auth("c:1") } })],
      basic("c:1"),
    ],
    [
      "the first file's",
      "a.b/c",
      [file({ "a.b": { auth: auth("1:1") } }), file({ "a.b/c": { auth: auth("2:2") } })],
      basic("1:1"),
    ],
    ["Docker's key", "nginx", [file({ "https://index.docker.io/v1/": { auth: auth("u:p") } })], basic("u:p")],
    ["an address as key", "a.b/c", [file({ "https://a.b/v1/": { auth: auth("u:p") } })], basic("u:p")],
    ["another path's of the host", "a.b/c", [file({ "a.b/d": { auth: auth("u:p") } })], { kind: "none" }],
    ["NUL at the end", "a.b/c", [file({ "a.b": { auth: auth("u:p\0\0") } })], basic("u:p")],
    ["a renewing token", "a.b/c", [file({ "a.b": { identitytoken: "x" } })], { kind: "notOurs" }],
    ["an entry that cannot be read", "a.b/c", [file({ "a.b": { auth: "?" } })], { kind: "unreadable" }],
    ["a store", "a.b/c", [file({}, { credsStore: "pass" })], { kind: "helper", name: "pass", server: "a.b" }],
    ["a store, of Docker Hub", "nginx", [file({}, { credsStore: "pass" })], hubHelper],
    ["a helper", "a.b/c", [file({}, { credHelpers: { "a.b": "p" } })], { kind: "helper", name: "p", server: "a.b" }],
    ["another host's helper", "a.b/c", [file({}, { credHelpers: { "x.y": "pass" } })], { kind: "none" }],
    ["no JSON", "a.b/c", ["{", file({ "a.b": { auth: auth("u:p") } })], basic("u:p")],
    ["keys that objects have anyway", "constructor.x/toString".toLowerCase(), [file({})], { kind: "none" }],
  ];
  for (const [claim, image, files, wanted] of table) {
    assert.deepEqual(shownFor(image, files), wanted, claim);
  }
});

test("what stands in the files or a registry says is understood or refused with a sentence", () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom("[[registry]]\n", "location = ", '"a.b"', "\n", "prefix = ", '"*.b"', "mirror", "=", "[", "1"),
      )
      .map((all) => all.join("")),
    fc
      .array(fc.constantFrom("Bearer ", "Basic", "realm=", '"', "https://a", ",", " ", "\\", "=", "x"))
      .map((all) => all.join("")),
  );
  fc.assert(
    fc.property(text, (said) => {
      parseChallenge(said);
      shownFor("a.b/c", [said, JSON.stringify({ auths: { "a.b": { auth: said } } })]);
      try {
        sourcesOf(parseImageReference("w.a.b/c:1"), rulesOf(said));
      } catch (error) {
        assert(error instanceof SwarmError, String(error));
      }
    }),
    { numRuns: 1_000 },
  );
});
