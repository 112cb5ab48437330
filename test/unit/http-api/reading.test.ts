import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { json, MULTIPLEXED_STREAM, stream } from "../../../http-api/answer.ts";
import { errorAnswer, StatusError } from "../../../http-api/errors.ts";
import { frameOf } from "../../../http-api/frames.ts";
import { checkFilters, parseFilters, Query } from "../../../http-api/query.ts";
import { type Call, notOffered, param, type Route, RouteTable } from "../../../http-api/route.ts";
import { splitVersion } from "../../../http-api/versions.ts";
import { SwarmError } from "../../../shared/errors.ts";

describe("a path", () => {
  const route = (method: Route["method"], path: string): Route => ({ method, path, handle: async () => json(path) });
  const table = new RouteTable([
    route("GET", "/images/json"),
    route("GET", "/images/{name*}/json"),
    route("GET", "/containers/{id}/json"),
    route("HEAD", "/containers/{id}/archive"),
    route("GET", "/containers/{id}/archive"),
  ]);
  const found = (method: string, path: string): unknown => {
    const match = table.find(method, path);
    return match === null ? null : [match.route.method, match.route.path, ...match.params.values()];
  };

  test("leads to the first route that matches, with its parameters decoded", () => {
    assert.deepEqual(found("GET", "/images/json"), ["GET", "/images/json"]);
    assert.deepEqual(found("GET", "/images/json/"), ["GET", "/images/json"]);
    assert.deepEqual(found("GET", "/images/a/b%2Fc:1/json"), ["GET", "/images/{name*}/json", "a/b/c:1"]);
    assert.deepEqual(found("GET", "/containers/caf%C3%A9/json"), ["GET", "/containers/{id}/json", "café"]);
    assert.deepEqual(found("HEAD", "/containers/x/json"), ["GET", "/containers/{id}/json", "x"]);
    assert.deepEqual(found("HEAD", "/containers/x/archive"), ["HEAD", "/containers/{id}/archive", "x"]);
  });

  for (const [method, path] of [
    ["POST", "/images/json"],
    ["GET", "/containers/a/b/json"],
    ["GET", "/containers/%ff/json"],
    ["GET", "/containers//json"],
    ["GET", "/images/json/x"],
    ["BREW", "/images/json"],
    ["GET", ""],
    ["GET", "http://x/images/json"],
  ] as const) {
    test(`that is not offered leads nowhere: ${method} ${path}`, () => assert.equal(found(method, path), null));
  }

  test("gives its parameters by name, and only those it has", () => {
    const call = { params: new Map([["id", "x"]]) } as unknown as Call;
    assert.equal(param(call, "id"), "x");
    assert.throws(() => param(call, "name"));
  });

  test("begins with a version or means the newest", () => {
    assert.deepEqual(splitVersion("/v1.24/info"), { minor: 24, path: "/info" });
    assert.deepEqual(splitVersion("/info"), { minor: 50, path: "/info" });
    assert.deepEqual(splitVersion("/vinfo"), { minor: 50, path: "/vinfo" });
    for (const version of ["1.23", "1.51", "2.0", "0.99", "1", "1.", "1.2.3", "1.24000000000000000000"]) {
      assert.throws(() => splitVersion(`/v${version}/info`), { code: "invalidArgument" }, version);
    }
  });
});

describe("parameters of a request", () => {
  test("are read as Docker reads them", () => {
    const query = new Query("a=1&b=0&c=False&d=no&e=&f=true&a=2&n=-7&m=&s=a%20b+c");
    for (const [name, is] of Object.entries({ a: true, b: false, c: false, d: false, e: false, f: true, z: false })) {
      assert.equal(query.flag(name), is, name);
    }
    assert.equal(query.flag("z", true), true);
    assert.deepEqual(query.texts("a"), ["1", "2"]);
    assert.deepEqual([query.whole("n", 3), query.whole("m", 3), query.whole("z", 4)], [-7, 3, 4]);
    assert.equal(query.text("s"), "a b c");
    assert.throws(() => query.whole("s", 0), { code: "invalidArgument" });
    assert.throws(() => new Query("n=1e3").whole("n", 0), { code: "invalidArgument" });
  });

  test("filters come in two encodings and mean the same", () => {
    const wanted = new Map([["label", ["k=v", "x"]]]);
    assert.deepEqual(parseFilters('{"label":{"k=v":true,"x":true,"y":false}}'), wanted);
    assert.deepEqual(parseFilters('{"label":["k=v","x"]}'), wanted);
    assert.deepEqual(parseFilters('{"__proto__":["a"]}'), new Map([["__proto__", ["a"]]]));
    for (const none of ["", "{}", "null"]) assert.equal(parseFilters(none).size, 0);
    const many = JSON.stringify({ id: Array(1_001).fill("x") });
    for (const bad of ["{", "[]", "1", '{"a":1}', '{"a":"b"}', '{"a":[1]}', '{"a":{"b":1}}', '{"a":null}', many]) {
      assert.throws(() => parseFilters(bad), { code: "invalidArgument" }, bad);
    }
  });

  test("a filter that a list does not have is refused by its name", () => {
    checkFilters(parseFilters('{"id":["a"]}'), ["id", "label"]);
    assert.throws(() => checkFilters(parseFilters('{"colour":["a"]}'), ["id"]), { message: "invalid filter 'colour'" });
  });
});

describe("an answer", () => {
  test("frames outputs that share a connection", () => {
    assert.deepEqual([...frameOf("stderr", Buffer.from("hi"))], [2, 0, 0, 0, 0, 0, 0, 2, 104, 105]);
    const none = { async *[Symbol.asyncIterator]() {} };
    assert.equal(stream(MULTIPLEXED_STREAM, none).headers["Content-Type"], MULTIPLEXED_STREAM);
  });

  test("says why something is refused or not offered, and keeps a fault to itself", async () => {
    const said = (error: unknown): unknown => {
      const answer = errorAnswer(error);
      assert.ok(answer.kind === "whole");
      return [answer.status, (JSON.parse(answer.body.toString()) as { message: string }).message];
    };
    assert.deepEqual(said(new SwarmError("notFound", "no x")), [404, "no x"]);
    assert.deepEqual(said(new StatusError(413, "large")), [413, "large"]);
    assert.deepEqual((said(new Error("/etc/secret")) as unknown[])[0], 500);
    assert.ok(!String(said(new Error("/etc/secret"))).includes("secret"));
    await assert.rejects(notOffered("POST", "/x", "not here").handle({} as never), { code: "unimplemented" });
  });
});
