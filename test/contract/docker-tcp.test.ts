import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, test } from "node:test";
import { hijack, json, RAW_STREAM } from "../../http-api/answer.ts";
import { openDockerTcp } from "../../http-api/ports/docker-tcp.ts";
import type { Route } from "../../http-api/route.ts";
import { silentLogger } from "../../shared/log.ts";
import { allOf } from "../support/api-socket.ts";
import { createPki, freePort, startApiTls, writePki } from "../support/api-tls.ts";
import { fakeBackend } from "../support/fake-backend.ts";
import { waitFor } from "../support/wait.ts";

const ROUTES: readonly Route[] = [
  { method: "GET", path: "/x", handle: async () => json(1) },
  {
    method: "POST",
    path: "/echo",
    handle: async () =>
      hijack(RAW_STREAM, async ({ input, send }) => {
        for await (const piece of input) await send(piece);
        await send(Buffer.from(":end"));
      }),
  },
];

function plainTo(port: number): Socket {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  socket.on("error", () => {});
  return socket;
}

describe("Docker's API over TLS", { concurrency: true }, () => {
  test("answers whoever shows a certificate of the authority, and nobody else", async () => {
    const [pki, other] = [await createPki(), await createPki()];
    await using api = await startApiTls(pki, ROUTES);
    assert.deepEqual(await api.ask("/x", pki.client), { status: 200, body: "1\n" });
    await assert.rejects(api.ask("/x", { ca: pki.ca }), "without a certificate");
    await assert.rejects(api.ask("/x", { ...other.client, ca: pki.ca }), "with one of another authority");
    assert.deepEqual(await api.ask("/x", pki.client), { status: 200, body: "1\n" });
  });

  test("tells who speaks plain HTTP to use TLS, and answers nothing that it asks", async () => {
    const pki = await createPki();
    await using api = await startApiTls(pki, ROUTES);
    const socket = plainTo(api.port);
    socket.write("GET /x HTTP/1.1\r\nHost: d\r\n\r\n");
    const got = await allOf(socket);
    assert.match(got, /^HTTP\/1\.1 400 [\s\S]*\{"message":"Client sent an HTTP request to an HTTPS server: use TLS/);
    socket.destroy();
  });

  test("becomes raw, and its caller may close its half", async () => {
    const pki = await createPki();
    await using api = await startApiTls(pki, ROUTES);
    const socket = api.raw(pki.client);
    let got = "";
    socket.on("data", (piece) => {
      got += String(piece);
    });
    socket.write("POST /echo HTTP/1.1\r\nHost: d\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n");
    await waitFor("the upgrade", async () => got.endsWith("\r\n\r\n"));
    assert.match(got, /^HTTP\/1\.1 101 UPGRADED/);
    socket.write("one ");
    await waitFor("the echo", async () => got.endsWith("one "));
    socket.end("two");
    await waitFor("the end", async () => socket.readableEnded);
    assert.ok(got.endsWith("one two:end"), got);
  });

  test("takes changed files for those who come later, and goes on with the former ones while they do not fit", async () => {
    const [pki, next] = [await createPki(), await createPki()];
    await using api = await startApiTls(pki, ROUTES);
    // A certificate whose key has not been written yet.
    writeFileSync(api.paths.certificate, next.server.cert);
    for (let count = 0; count < 25; count++) {
      assert.equal((await api.ask("/x", pki.client)).status, 200);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    writePki(api.paths, next);
    await waitFor("the next certificates", async () => (await api.ask("/x", next.client)).status === 200);
    await assert.rejects(api.ask("/x", pki.client));
  });

  test("refuses to begin with files that it could not serve with, by a sentence that names the file", async () => {
    const pki = await createPki();
    await using api = await startApiTls(pki, ROUTES);
    const where = { kind: "tcp", host: "127.0.0.1", port: await freePort() } as const;
    const options = { backend: fakeBackend({}), log: silentLogger, version: "1" };
    const { ca, certificate, key } = api.paths;
    for (const [paths, sentence] of [
      [{ ca, certificate, key: `${key}.none` }, /^cannot read --tlskey .*key\.pem\.none: /],
      [{ ca: key, certificate, key }, /^--tlscacert .*key\.pem has no certificate in it/],
      [{ ca, certificate: ca, key }, /^--tlscert .*ca\.pem and --tlskey .*key\.pem cannot be used together: /],
      [api.paths, null],
    ] as const) {
      const opening = openDockerTcp(sentence === null ? { ...where, port: api.port } : where, paths, options);
      const message =
        sentence ?? /^cannot serve Docker's API on tcp:\/\/127\.0\.0\.1:\d+: another process is using it$/;
      await assert.rejects(opening, { code: "failedPrecondition", message });
    }
  });

  test("lets go of who says nothing, before and after the handshake", async () => {
    const pki = await createPki();
    await using api = await startApiTls(pki, ROUTES);
    const silent = plainTo(api.port);
    const slow = api.raw(pki.client);
    slow.write("GET /x HTTP/1.1\r\nHost: ");
    const gone = { silent: false, slow: "" };
    silent.resume();
    silent.once("close", () => {
      gone.silent = true;
    });
    slow.on("data", (piece) => {
      gone.slow += String(piece);
    });
    await waitFor("the end of who never began", async () => gone.silent || silent.readableEnded);
    await waitFor("the end of who began headers", async () => gone.slow.startsWith("HTTP/1.1 408"));
    assert.equal((await api.ask("/x", pki.client)).status, 200);
    silent.destroy();
    slow.destroy();
  });
});

describe("Docker's API over plain TCP", () => {
  test("answers programs of this host, and no web page of its browsers", async () => {
    const port = await freePort();
    const options = { backend: fakeBackend({}), log: silentLogger, version: "1", routes: ROUTES };
    await using _server = await openDockerTcp({ kind: "tcp", host: "127.0.0.1", port }, null, options);
    const ask = (headers: Readonly<Record<string, string>>): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = request({ host: "127.0.0.1", port, path: "/x", headers, agent: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        });
        asked.on("error", reject);
        asked.end();
      });
    assert.equal(await ask({}), 200);
    assert.equal(await ask({ Host: `localhost:${port}` }), 200);
    assert.equal(await ask({ Host: "[::1]" }), 200);
    assert.equal(await ask({ Origin: "https://page.example" }), 403);
    assert.equal(await ask({ Origin: "null" }), 403);
    assert.equal(await ask({ Host: "page.example" }), 403);
  });
});
