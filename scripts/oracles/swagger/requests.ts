/** Requests that are wrong in every way, made from the description of the API. */
import fc from "fast-check";
import { type Description, type Operation, type Parameter, resolved, type Schema } from "./description.ts";
import type { SceneNames } from "./scene.ts";
import { tarAttacks } from "./tar-attacks.ts";

export interface HttpRequest {
  readonly kind: "http";
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Bytes on a connection, whatever they are. */
export interface RawRequest {
  readonly kind: "raw";
  readonly bytes: string;
  /** Closes its half at once; otherwise it stays silent until it is cut. */
  readonly endsAtOnce: boolean;
}

export type FuzzRequest = HttpRequest | RawRequest;

const JSON_TYPE = "application/json";
/** Deeper objects are found by chance elsewhere, and take the longest to make. */
const LEVELS_MAX = 6;
/** They end what the rest is asked of: leaving, or taking over another swarm. */
const NEVER = new Set(["POST /swarm/leave", "POST /swarm/unlock"]);
/** Objects of the scene stay, so that questions about them go on finding something. */
const ENDS = /^DELETE |\/(prune|kill|stop|restart|pause|rename|disconnect)$/;

const WORDS = [
  ...["", "scene", "plain", "busybox", "committed:1", "nothing", "true", "sh", "0", "1", "-1", "1s", "1e9", "latest"],
  ...["..", "../..", "/", "/etc/passwd", ".", "%2e%2e%2f", "%00", "%zz", "a/b", "a b", "a=b", "=", ":", "x:y", "*"],
  ...["__proto__", "constructor", "é", "\u0000", "\r\nX-Injected: 1", "x".repeat(300), "{}", "[]", "null", "undefined"],
  ...[
    "bridge",
    "host",
    "none",
    "container:scene",
    "container:",
    "tcp",
    "always",
    "json-file",
    "linux/amd64",
    "sha256:",
  ],
];
const NUMBERS = [0, 1, -1, 2, 80, 65_536, 4_194_304, 2 ** 31, 2 ** 53, -(2 ** 53), 1e300, 0.5, Number.MIN_VALUE];
const FILTERS = ["{", "[]", "null", "1", '{"id":1}', '{"label":["a=b"]}', '{"name":{"x":true}}', '{"nothing":["x"]}'];
const MORE_FILTERS = ['{"dangling":["maybe"]}', '{"until":["soon"]}', '{"__proto__":["x"]}', '{"status":["running"]}'];
const VERSIONS = [
  "",
  "/v1.50",
  "/v1.24",
  "/v1.41",
  "/v1.23",
  "/v9.9",
  "/v1.",
  "/v",
  "/v1.50/v1.50",
  "//",
  "/%76" + "1.50",
];
const AUTH = ["", "e30=", "!!!!", "bnVsbA==", "W10=", Buffer.from('{"username":5}').toString("base64url")];
const PLANTED = Buffer.from('{"username":"u","password":"p","serveraddress":"a.example"}').toString("base64url");

const word = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...WORDS) }, fc.string({ maxLength: 20 }));
const junk = fc.oneof(
  fc.constantFrom<unknown>(null, true, [], {}, [[]], [{}], "", { a: { b: { c: [] } } }, ...NUMBERS),
  word,
  fc.dictionary(word, fc.constantFrom<unknown>(1, "x", null, []), { maxKeys: 3 }),
);

/** @param names of what is there, by the first word of a path. */
export function fuzzRequests(description: Description, names: SceneNames): fc.Arbitrary<FuzzRequest> {
  const operations = description.operations.filter(({ method, path }) => !NEVER.has(`${method} ${path}`));
  const made = operations.map((operation) => requestOf(operation, description, names));
  return fc.oneof(
    { weight: 30, arbitrary: fc.oneof(...made) },
    { weight: 2, arbitrary: uploads(names) },
    { weight: 1, arbitrary: raw },
  );
}

function requestOf(operation: Operation, description: Description, names: SceneNames): fc.Arbitrary<HttpRequest> {
  const { method, path, parameters } = operation;
  const body = parameters.find((parameter) => parameter.in === "body");
  const noun = path.split("/")[1] ?? "";
  const there = ENDS.test(`${method} ${path}`) ? [] : (names.get(noun) ?? []);
  const name = there.length === 0 ? word : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...there) }, word);
  const shown = fc.tuple(name, fc.boolean()).map(([text, isPlain]) => (isPlain ? plain(text) : encoded(text)));
  return fc
    .record({
      version: fc.oneof({ weight: 6, arbitrary: fc.constantFrom("", "/v1.50") }, fc.constantFrom(...VERSIONS)),
      name: shown,
      query: queryOf(parameters),
      body:
        body?.schema === undefined
          ? fc.oneof({ weight: 5, arbitrary: fc.constant("") }, sloppy(junk))
          : sloppy(jsonOf(body.schema, description, 0)),
      type: fc.oneof(
        { weight: 8, arbitrary: fc.constant(JSON_TYPE) },
        fc.constantFrom("", "text/plain", "application/x-tar", "application/json; charset=x"),
      ),
      auth: fc.oneof({ weight: 6, arbitrary: fc.constant("") }, fc.constantFrom(...AUTH, PLANTED)),
      method: fc.oneof(
        { weight: 20, arbitrary: fc.constant(method) },
        fc.constantFrom("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"),
      ),
    })
    .filter((parts) => !NEVER.has(`${parts.method} ${path}`) && !(parts.method === "DELETE" && method !== "DELETE"))
    .map((parts) => ({
      kind: "http",
      method: parts.method,
      target: `${parts.version}${path.replace(/\{\w+\}/, () => parts.name)}${parts.query}`,
      headers: {
        ...(parts.type === "" ? {} : { "Content-Type": parts.type }),
        ...(parts.auth === "" ? {} : { "X-Registry-Auth": parts.auth, "X-Registry-Config": parts.auth }),
      },
      body: parts.body,
    }));
}

/** Each parameter now and then, now and then of the wrong type, and one that nobody knows. */
function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const asked = parameters.filter((parameter) => parameter.in === "query");
  const pairs = asked.map(({ name, type }) => {
    const right =
      type === "boolean"
        ? fc.constantFrom("1", "0", "true")
        : type === "integer"
          ? fc.constantFrom("0", "1", "10")
          : word;
    const values = name === "filters" ? fc.constantFrom(...FILTERS, ...MORE_FILTERS) : right;
    return fc.option(
      fc.oneof({ weight: 3, arbitrary: values }, word).map((value) => `${name}=${encoded(value)}`),
      { freq: 2 },
    );
  });
  const stray = fc.option(
    word.map((text) => plain(text)),
    { freq: 6 },
  );
  return fc.tuple(...pairs, stray).map((all) => {
    const said = all.filter((each) => each !== null);
    return said.length === 0 ? "" : `?${said.join("&")}`;
  });
}

/** JSON of the value, or now and then something that is nearly so. */
function sloppy(value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const text = value.map((each) => JSON.stringify(each) ?? "");
  return fc.oneof(
    { weight: 10, arbitrary: text },
    { weight: 1, arbitrary: text.map((json) => json.slice(0, -1)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom("", "null", "[]", "1", "{}x", '{"a":1,"a":2}', `${"[".repeat(500)}`, "\u0000"),
    },
    { weight: 1, arbitrary: junk.map((each) => JSON.stringify(each) ?? "") },
  );
}

/** Of a schema: few of its keys, and each of a wrong type now and then. */
function jsonOf(given: Schema, description: Description, level: number): fc.Arbitrary<unknown> {
  const schema = resolved(given, description);
  return fc.oneof({ weight: 12, arbitrary: rightOf(schema, description, level) }, junk);
}

function rightOf(schema: Schema, description: Description, level: number): fc.Arbitrary<unknown> {
  if (level > LEVELS_MAX) return fc.constant({});
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const parts = (schema.allOf ?? []).map((part) => resolved(part, description));
  const properties = Object.assign(
    {},
    ...parts.map((part) => part.properties ?? {}),
    schema.properties ?? {},
  ) as Record<string, Schema>;
  const keys = Object.keys(properties);
  if (keys.length > 0) {
    const lazy = keys.map((key) => valueOfKey(properties[key] ?? {}, description, level + 1));
    return fc
      .uniqueArray(fc.integer({ min: 0, max: keys.length - 1 }), { maxLength: Math.min(keys.length, 5) })
      .chain((chosen) =>
        fc
          .tuple(...chosen.map((at) => lazy[at]?.() ?? fc.constant(null)))
          .map((values) => Object.fromEntries(chosen.map((at, index) => [keys[at], values[index]]))),
      );
  }
  switch (schema.type) {
    case "array":
      return fc.array(jsonOf(schema.items ?? {}, description, level + 1), { maxLength: 3 });
    case "boolean":
      return fc.boolean();
    case "integer":
    case "number":
      return fc.constantFrom(...NUMBERS);
    case "object": {
      const inner =
        typeof schema.additionalProperties === "object"
          ? jsonOf(schema.additionalProperties, description, level + 1)
          : junk;
      return fc.dictionary(word, inner, { maxKeys: 3 });
    }
    default:
      return word;
  }
}

/** Made when it is chosen: all of a service's keys at all levels would be hundreds of thousands. */
function valueOfKey(schema: Schema, description: Description, level: number): () => fc.Arbitrary<unknown> {
  let made: fc.Arbitrary<unknown> | undefined;
  return () => {
    made ??= jsonOf(schema, description, level);
    return made;
  };
}

function uploads(names: SceneNames): fc.Arbitrary<HttpRequest> {
  const containers = names.get("containers") ?? [];
  const targets = [
    ...containers.flatMap((name) =>
      ["/", "/tmp", "/nothing", "", "/tmp/../.."].map(
        (path) => `PUT /containers/${name}/archive?path=${encoded(path)}`,
      ),
    ),
    ...["POST /images/load", "POST /images/load?quiet=1", "POST /build?t=fuzz:1", "POST /build?dockerfile=../x"],
    ...["POST /images/create?fromSrc=-&repo=fuzz&tag=1", "POST /build?remote=x", "POST /build?buildargs={"],
  ];
  const attacks = tarAttacks();
  return fc.tuple(fc.constantFrom(...targets), fc.constantFrom(...attacks)).map(([line, [, bytes]]) => {
    const [method = "", target = ""] = line.split(" ");
    return { kind: "http", method, target, headers: { "Content-Type": "application/x-tar" }, body: bytes };
  });
}

const HIJACK = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
const RAW_HEADS = [
  "GET / HTTP/1.1\r\nHost: d\r\n",
  "GET /_ping HTTP/1.1\r\n",
  "POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
  "POST /containers/create HTTP/1.1\r\nHost: d\r\nContent-Length: -5\r\n\r\n",
  "POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n",
  "POST /build HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\nGET /info HTTP/1.1\r\n\r\n",
  "PUT /containers/scene/archive?path=/tmp HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nx",
  `POST /containers/scene/attach?stream=1&stdout=1&stdin=1 HTTP/1.1\r\nHost: d\r\n${HIJACK}\r\n`,
  `POST /containers/scene/attach?stream=1&stdout=1 HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
  `POST /exec/nothing/start HTTP/1.1\r\nHost: d\r\n${HIJACK}Content-Length: 2\r\n\r\n{}`,
  `GET /info HTTP/1.1\r\nHost: d\r\n${HIJACK}\r\n`,
  "GET /events HTTP/1.1\r\nHost: d\r\n\r\n",
  "GET /containers/scene/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: d\r\n\r\n",
  "GET /containers/scene/stats HTTP/1.1\r\nHost: d\r\n\r\n",
  "GET /containers/scene/export HTTP/1.1\r\nHost: d\r\n\r\n",
  "GET /containers/a%0d%0aX-Injected:%201/json HTTP/1.1\r\nHost: d\r\n\r\n",
  "GET /info\r\nX-Injected: 1 HTTP/1.1\r\n\r\n",
  "GET /info HTTP/1.1\r\nHost: d\r\nX-Registry-Auth: a\r\n b\r\n\r\n",
  "GET http://elsewhere.example/info HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
  "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: d\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "\x16\x03\x01\x02\x00\x01\x00",
  "OPTIONS * HTTP/1.1\r\nHost: d\r\n\r\n",
  "GET /_ping HTTP/0.9\r\n\r\n",
];

const raw: fc.Arbitrary<RawRequest> = fc
  .tuple(fc.constantFrom(...RAW_HEADS), fc.boolean(), fc.option(fc.string({ maxLength: 40 }), { freq: 4 }))
  .map(([head, endsAtOnce, more]) => ({ kind: "raw", bytes: `${head}${more ?? ""}`, endsAtOnce }));

function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** As it is, but for what Node's own client would not send. */
function plain(text: string): string {
  return text.replaceAll(/[^\x21-\x7e]/g, "_").replaceAll("#", "_");
}
