import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { empty, hijack, json, jsonLines, lateJson, RAW_STREAM, stream } from "../../http-api/answer.ts";
import { readWhole, requireJson } from "../../http-api/body.ts";
import { sentenceOf } from "../../http-api/errors.ts";
import { HEADER_BYTES_MAX, JSON_BYTES_MAX } from "../../http-api/limits.ts";
import { openDockerSocket } from "../../http-api/ports/docker-socket.ts";
import type { Call, Route } from "../../http-api/route.ts";
import { SwarmError } from "../../shared/errors.ts";
import { silentLogger } from "../../shared/log.ts";
import { allOf, startApi } from "../support/api-socket.ts";
import { fakeBackend } from "../support/fake-backend.ts";
import { waitFor } from "../support/wait.ts";

const HANDS: Readonly<Record<string, string>> = { Connection: "Upgrade", Upgrade: "tcp" };

function post(path: string, handle: Route["handle"]): Route {
  return { method: "POST", path, handle };
}

function get(path: string, handle: Route["handle"]): Route {
  return { method: "GET", path, handle };
}

const echo: Route = post("/echo", async (call) => {
  const { word } = call.query.has("word") ? { word: call.query.text("word") } : await requireJson(call.body);
  return hijack(RAW_STREAM, async ({ input, send }) => {
    await send(Buffer.from(`${String(word)}:`));
    for await (const piece of input) await send(piece);
    await send(Buffer.from(":end"));
  });
});

describe("a connection to Docker's API", () => {
  test("is for root and its group alone, replaces a dead daemon's socket, and is gone after the stop", async () => {
    const api = await startApi({ routes: [get("/x", async () => json(1))] });
    assert.equal(statSync(api.path).mode & 0o777, 0o660);
    const again = { backend: fakeBackend({}), log: silentLogger, version: "1" };
    await assert.rejects(openDockerSocket(api.path, again), { code: "alreadyExists" });
    assert.equal((await api.ask("GET", "/x")).body, "1\n");
    await api[Symbol.asyncDispose]();
    assert.ok(!existsSync(api.path));
    const stale = await startApi();
    const path = `${stale.path}.stale`;
    writeFileSync(path, "");
    await using _server = await openDockerSocket(path, again);
    await stale[Symbol.asyncDispose]();
  });

  test("carries the API's headers on every answer, refusals and garbage's included", async () => {
    await using api = await startApi({ routes: [get("/x", async () => empty())] });
    for (const [method, target, status] of [
      ["GET", "/x", 204],
      ["HEAD", "/v1.50/x", 204],
      ["GET", "/v1.24/x", 204],
      ["GET", "/nothing", 404],
      ["DELETE", "/x", 404],
      ["GET", "/v1.23/x", 400],
      ["GET", "/v1.51/x", 400],
      ["GET", "/v2.0/x", 400],
    ] as const) {
      const { headers, status: got, body } = await api.ask(method, target);
      assert.equal(got, status, `${method} ${target}`);
      assert.equal(headers["api-version"], "1.50");
      assert.equal(headers["ostype"], "linux");
      assert.equal(headers["server"], "swarmd/1.2.3 (linux)");
      if (status < 400) continue;
      assert.equal(headers["content-type"], "application/json");
      assert.match((JSON.parse(body) as { message: string }).message, /^(page not found|client version )/);
    }
    assert.match(
      await allOf(api.raw("hello\r\n\r\n")),
      /^HTTP\/1\.1 400 [\s\S]*\{"message":"the request cannot be read/,
    );
    const long = `GET /x HTTP/1.1\r\nHost: d\r\nX: ${"x".repeat(HEADER_BYTES_MAX)}\r\n\r\n`;
    assert.match(await allOf(api.raw(long)), /^HTTP\/1\.1 431 /);
  });

  test("refuses a body that is too large, and reads none that nobody wants without end", async () => {
    await using api = await startApi({
      routes: [
        post("/json", async ({ body }) => json(await requireJson(body))),
        post("/bytes", async ({ body }) => json((await readWhole(body, 1 << 30)).length)),
        post("/none", async () => json("no")),
      ],
    });
    const large = Buffer.alloc(JSON_BYTES_MAX + 1, " ");
    assert.equal((await api.ask("POST", "/json", { body: large })).status, 413);
    assert.equal((await api.ask("POST", "/bytes", { body: large })).body, `${large.length}\n`);
    assert.equal((await api.ask("POST", "/none", { body: large })).body, '"no"\n');
    assert.deepEqual(JSON.parse((await api.ask("POST", "/json", { body: '{"a":[1]}' })).body), { a: [1] });
    const text = { headers: { "Content-Type": "text/plain" }, body: "{}" };
    for (const bad of [{ body: "{" }, { body: "[]" }, { body: '"x"' }, { body: "" }, text]) {
      assert.equal((await api.ask("POST", "/json", bad)).status, 400, JSON.stringify(bad));
    }
    const deep = `${'{"a":'.repeat(80)}1${"}".repeat(80)}`;
    assert.match((await api.ask("POST", "/json", { body: deep })).body, /nested more than 64 levels/);
  });

  for (const [how, headers, first] of [
    ["with Upgrade", HANDS, /^HTTP\/1\.1 101 UPGRADED\r\n/],
    ["without Upgrade", {}, /^HTTP\/1\.1 200 OK\r\n/],
  ] as const) {
    test(`becomes raw ${how}, and its caller may close its half`, async () => {
      await using api = await startApi({ routes: [echo] });
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const body = '{"word":"hej"}';
      const head = `POST /v1.50/echo HTTP/1.1\r\nHost: d\r\n${lines.join("")}Content-Length: ${body.length}\r\n\r\n`;
      const socket = api.raw(head + body);
      let got = "";
      socket.on("data", (piece) => {
        got += String(piece);
      });
      await waitFor("the first word", async () => got.endsWith("hej:"));
      assert.match(got, first);
      assert.match(got, /\r\nContent-Type: application\/vnd\.docker\.raw-stream\r\n/);
      assert.match(got, /\r\nApi-Version: 1\.50\r\n/);
      socket.write("one ");
      await waitFor("the echo", async () => got.endsWith("one "));
      socket.end("two");
      await waitFor("the end", async () => socket.readableEnded);
      assert.ok(got.endsWith("hej:one two:end"), got);
    });
  }

  test("becomes raw when the request's body comes later than its headers, with what comes behind", async () => {
    await using api = await startApi({ routes: [echo] });
    const body = '{"word":"hej"}';
    const head = `POST /echo HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: ${body.length}`;
    const socket = api.raw(`${head}\r\n\r\n${body.slice(0, 3)}`);
    let got = "";
    socket.on("data", (piece) => {
      got += String(piece);
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(`${body.slice(3)}one `);
    await waitFor("the echo", async () => got.endsWith("hej:one "));
    socket.end("two");
    await waitFor("the end", async () => socket.readableEnded);
    assert.ok(got.endsWith("hej:one two:end"), got);
  });

  test("that asks for an upgrade gets a refusal and a plain answer in HTTP", async () => {
    await using api = await startApi({
      routes: [
        post("/gone", async () => {
          throw new SwarmError("notFound", "No such container: gone");
        }),
        get("/big", async () =>
          stream("text/plain", {
            async *[Symbol.asyncIterator]() {
              for (let at = 0; at < 64; at++) yield Buffer.alloc(1 << 16, "~");
            },
          }),
        ),
      ],
    });
    const asked = (line: string): string =>
      `${line} HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`;
    const refused = await allOf(api.raw(asked("POST /gone")));
    assert.match(refused, /^HTTP\/1\.1 404 [\s\S]*application\/json[\s\S]*\{"message":"No such container: gone"\}/);
    assert.equal((await allOf(api.raw(asked("GET /big")))).match(/~/g)?.length, 64 << 16);
  });

  test("gets the headers of a stream before anything has happened, and of a wait as well", async () => {
    const happens = Promise.withResolvers<number>();
    await using api = await startApi({
      routes: [
        get("/events", async () =>
          jsonLines(
            {
              async *[Symbol.asyncIterator]() {
                yield { at: await happens.promise };
              },
            },
            sentenceOf,
            { headersAtOnce: true },
          ),
        ),
        post("/wait", async () => lateJson(async () => ({ StatusCode: await happens.promise }))),
      ],
    });
    for (const [line, body] of [
      ["GET /events", '{"at":7}\r\n'],
      ["POST /wait", '{"StatusCode":7}\n'],
    ] as const) {
      const socket = api.raw(`${line} HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n`);
      let got = "";
      socket.on("data", (piece) => {
        got += String(piece);
      });
      await waitFor("its headers", async () => got.includes("\r\n\r\n"));
      assert.ok(!got.includes("7\r"));
      happens.resolve(7);
      await waitFor("its end", async () => socket.readableEnded);
      assert.ok(got.includes(body), got);
    }
  });

  test("gets a status for an error before the first piece, and words in the stream for a later one", async () => {
    const failing = (pieces: number): AsyncIterable<unknown> => ({
      async *[Symbol.asyncIterator]() {
        for (let at = 0; at < pieces; at++) yield { at };
        throw new SwarmError("notFound", "no such image");
      },
    });
    const raw = (pieces: number): AsyncIterable<Buffer> => ({
      async *[Symbol.asyncIterator]() {
        for await (const each of failing(pieces)) yield Buffer.from(JSON.stringify(each));
      },
    });
    await using api = await startApi({
      routes: [
        post("/pull", async ({ query }) => jsonLines(failing(query.whole("pieces", 0)), sentenceOf)),
        get("/logs", async () => stream(RAW_STREAM, raw(1))),
      ],
    });
    const early = await api.ask("POST", "/pull");
    assert.deepEqual([early.status, early.body], [404, '{"message":"no such image"}\n']);
    const late = await api.ask("POST", "/pull?pieces=1");
    assert.equal(late.status, 200);
    assert.equal(late.body, '{"at":0}\r\n{"errorDetail":{"message":"no such image"},"error":"no such image"}\r\n');
    // Without an end, so that nobody takes it for all there is.
    await assert.rejects(api.ask("GET", "/logs"), { code: "ECONNRESET" });
  });

  test("that goes away aborts its call, and one that does not read holds it back", async () => {
    let sent = 0;
    let signal: AbortSignal | null = null;
    const follow: Route = get("/follow", async (call: Call) => {
      signal = call.signal;
      return stream(RAW_STREAM, {
        async *[Symbol.asyncIterator]() {
          for (;;) {
            yield Buffer.alloc(1 << 16);
            sent++;
            await Promise.resolve();
          }
        },
      });
    });
    const isAborted = (): boolean => signal?.aborted === true;
    await using api = await startApi({ routes: [follow] });
    const socket = api.raw("GET /follow HTTP/1.1\r\nHost: d\r\n\r\n");
    socket.pause();
    await waitFor("the stream", async () => sent > 0);
    let before = -1;
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.ok(sent < 100, `sent ${sent} pieces of 64 KiB to a reader that takes none`);
    assert.ok(!isAborted());
    socket.destroy();
    await waitFor("the call to be given up", async () => isAborted());
  });

  test("stays open for the next request, and hides what a fault says", async () => {
    await using api = await startApi({
      routes: [
        get("/x", async () => json({ a: 1 })),
        get("/fault", async () => {
          throw new Error("/secret/path");
        }),
      ],
    });
    const two = await allOf(
      api.raw(
        "GET /x HTTP/1.1\r\nHost: d\r\n\r\nGET /fault HTTP/1.1\r\nHost: d\r\n\r\nGET /x HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n",
      ),
    );
    assert.deepEqual(two.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 500", "HTTP/1.1 200"]);
    assert.ok(!two.includes("secret"));
  });
});
