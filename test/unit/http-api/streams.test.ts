import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { containerRoutes } from "../../../http-api/containers/routes.ts";
import { execRoutes } from "../../../http-api/exec/routes.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { type ApiSocket, allOf, startApi } from "../../support/api-socket.ts";
import { type FakeCalls, fakeBackend } from "../../support/fake-backend.ts";
import { waitFor } from "../../support/wait.ts";

const ID = "c".repeat(64);

/** The engine's side of a call that goes both ways: what was sent, and what it answers. */
class FakeCall {
  readonly sent: Record<string, unknown>[] = [];
  readonly #answers: AsyncGenerator<object>;

  constructor(answers: (call: FakeCall) => AsyncGenerator<object>) {
    this.#answers = answers(this);
  }

  readonly send = async (message: Record<string, unknown>): Promise<void> => {
    this.sent.push(message);
  };
  readonly end = (): void => {};
  get messages(): AsyncGenerator<object> {
    return this.#answers;
  }

  until(kind: string): Promise<unknown> {
    return waitFor(kind, () => this.sent.some((message) => kind in message), 5);
  }

  get input(): string {
    return this.sent.map(({ stdin }) => (stdin === undefined ? "" : String(stdin))).join("");
  }
}

function locating(
  part: { readonly running?: boolean; readonly tty?: boolean; readonly keepsNoLog?: boolean } = {},
): FakeCalls["streams"] & object {
  return { locate: async () => ({ id: ID, name: "web", taskId: "", running: true, tty: false, ...part }) };
}

async function serving(calls: FakeCalls, test: (api: ApiSocket) => Promise<void>): Promise<void> {
  await using api = await startApi({ routes: [...containerRoutes, ...execRoutes], backend: fakeBackend(calls) });
  await test(api);
}

const UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
const post = (target: string, headers = "", body = ""): string =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${headers}\r\n${body}`;
/** A frame of the stream of several outputs, as text. */
const frame = (stream: number, text: string): string =>
  `${String.fromCharCode(stream)}\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`;
const bodyOf = (answer: string): string => answer.slice(answer.indexOf("\r\n\r\n") + 4);
const headOf = (answer: string): string => answer.slice(0, answer.indexOf("\r\n\r\n"));

async function* echo(call: FakeCall): AsyncGenerator<object> {
  yield { attached: { id: ID, name: "web", tty: false, openStdin: true } };
  await call.until("endOfInput");
  yield { stdout: Buffer.from(call.input) };
  yield { stderr: Buffer.from("complaint") };
  yield { exit: { exitCode: 3, complaint: "" } };
}

describe("attaching over HTTP", () => {
  for (const [version, headers, status, type] of [
    ["v1.50", UPGRADE, "101 UPGRADED", "multiplexed-stream"],
    ["v1.50", "", "200 OK", "multiplexed-stream"],
    ["v1.41", UPGRADE, "101 UPGRADED", "raw-stream"],
  ] as const) {
    it(`gives both outputs in frames and takes input to its half-close: ${version} ${headers === "" ? "as it is" : "upgraded"}`, async () => {
      const call = new FakeCall(echo);
      await serving({ streams: { ...locating(), attach: () => call } }, async (api) => {
        const query = "stream=1&stdin=1&stdout=1&stderr=1";
        const socket = api.raw(post(`/${version}/containers/web/attach?${query}`, headers));
        await call.until("start");
        socket.end("hello");
        const answer = await allOf(socket);
        assert.match(headOf(answer), new RegExp(`^HTTP/1.1 ${status}\r\n`));
        assert.match(headOf(answer), new RegExp(`Content-Type: application/vnd.docker.${type}`));
        assert.equal(bodyOf(answer), frame(1, "hello") + frame(2, "complaint"));
        assert.deepEqual(call.sent[0]?.["start"], {
          ...{ container: "web", stdin: true, stdout: true, stderr: true, logs: false, logsOnly: false },
          beforeStart: true,
        });
      });
    });
  }

  it("gives a terminal's bytes as they are, and leaves it by the keys", async () => {
    const call = new FakeCall(async function* (own) {
      yield { attached: { id: ID, name: "web", tty: true, openStdin: true } };
      await own.until("detach");
      yield { stdout: Buffer.from("# ") };
    });
    await serving({ streams: { ...locating({ tty: true }), attach: () => call } }, async (api) => {
      const target = "/v1.50/containers/web/attach?stream=1&stdin=1&stdout=1&detachKeys=ctrl-a,x";
      const socket = api.raw(post(target, UPGRADE));
      await call.until("start");
      socket.write("ls\u0001x");
      const answer = await allOf(socket);
      assert.match(headOf(answer), /raw-stream/);
      assert.deepEqual([bodyOf(answer), call.input], ["# ", "ls"]);
    });
  });

  it("answers a refusal like that of other operations", async () => {
    const call = new FakeCall(async function* () {
      yield* [];
      throw new SwarmError("failedPrecondition", "You cannot attach to a paused container, unpause it first");
    });
    await serving({ streams: { ...locating(), attach: () => call } }, async (api) => {
      const { status, body } = await api.ask("POST", "/containers/web/attach?stream=1&stdout=1");
      assert.deepEqual(
        [status, JSON.parse(body).message.slice(0, 44)],
        [409, "You cannot attach to a paused container, unp"],
      );
      assert.equal((await api.ask("POST", "/containers/web/attach?detachKeys=ctrl-%C3%A4")).status, 400);
    });
  });

  it("speaks with browsers over a WebSocket, outputs together, and says that it ends", async () => {
    const call = new FakeCall(echo);
    await serving({ streams: { ...locating(), attach: () => call } }, async (api) => {
      const target = "/containers/web/attach/ws?stream=1&stdin=1&stdout=1&stderr=1";
      // The example of RFC 6455, and its "Hello" in two pieces, with a question that is answered between.
      const wish = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
      const socket = api.raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n${wish}\r\n`);
      await call.until("start");
      socket.write(Buffer.from([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f]));
      socket.write(Buffer.from([0x4d, 0x51, 0x58, 0x89, 0x80, 0, 0, 0, 0]));
      await waitFor("the input", () => call.input === "Hello", 5);
      socket.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
      const pieces: Buffer[] = [];
      for await (const piece of socket) pieces.push(piece as Buffer);
      const answer = Buffer.concat(pieces).toString("latin1");
      assert.match(headOf(answer), /^HTTP\/1\.1 101 .*\r\n/);
      assert.match(headOf(answer), /Upgrade: websocket/);
      assert.match(headOf(answer), /Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/);
      assert.equal(bodyOf(answer), "\x8a\x00\x82\x05Hello\x82\x09complaint\x88\x02\x03\xe8");
      for (const headers of [{}, { Upgrade: "websocket", "Sec-WebSocket-Version": "12" }])
        assert.equal((await api.ask("GET", "/containers/web/attach/ws", { headers })).status, 400);
    });
  });
});

describe("waiting over HTTP", () => {
  it("gives the headers once the container is looked at, and the exit code when it has ended", async () => {
    const looked = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const asked: unknown[] = [];
    const watchEnd = async function* (request: unknown): AsyncGenerator<object> {
      asked.push(request);
      await looked.promise;
      yield { watching: { id: ID } };
      await ended.promise;
      yield { end: { exitCode: 7, error: "" } };
    };
    await serving({ streams: locating(), containers: { watchEnd } }, async (api) => {
      const socket = api.raw(`${post("/v1.50/containers/web/wait?condition=next-exit", "Connection: close\r\n")}`);
      let got = "";
      socket.on("data", (piece) => {
        got += String(piece);
      });
      await waitFor("the request", () => asked.length > 0, 5);
      assert.equal(got, "");
      looked.resolve();
      await waitFor("the headers", () => got.includes("\r\n\r\n"), 5);
      assert.ok(!got.includes("StatusCode"));
      ended.resolve();
      await waitFor("the answer", () => got.includes('{"StatusCode":7}'), 5);
      assert.deepEqual(asked, [{ ref: "web", condition: "NEXT_EXIT" }]);
      assert.equal((await api.ask("POST", "/containers/web/wait?condition=never")).status, 400);
    });
  });
});

describe("a container's log over HTTP", () => {
  const line = (text: string, part: object = {}): object => ({
    ...{ timestampMs: 1_700_000_000_000, nanos: 42, stream: "STDOUT", partial: false },
    ...{ text: Buffer.from(text), ...part },
  });
  const asked: unknown[] = [];
  const readLog = async function* (request: unknown): AsyncGenerator<object> {
    asked.push(request);
    yield { lines: [line("one"), line("bad", { stream: "STDERR" })], missedFiles: 0, caughtUp: true };
    yield { lines: [line("lo", { partial: true }), line("ng")], missedFiles: 0, caughtUp: false };
  };

  for (const [query, body] of [
    ["stdout=1&stderr=1", frame(1, "one\n") + frame(2, "bad\n") + frame(1, "lo") + frame(1, "ng\n")],
    ["stderr=1&tail=5&since=10&follow=1", frame(2, "bad\n")],
    [
      "stdout=1&timestamps=1",
      frame(1, "2023-11-14T22:13:20.000000042Z one\n") +
        frame(1, "2023-11-14T22:13:20.000000042Z lo") +
        frame(1, "ng\n"),
    ],
  ] as const) {
    it(`gives the outputs that are asked for, whole lines or pieces: ${query}`, async () => {
      await serving({ streams: { ...locating(), readLog } }, async (api) => {
        assert.equal((await api.ask("GET", `/v1.50/containers/web/logs?${query}`)).body, body);
      });
    });
  }

  it("refuse the log of a container that keeps none before they answer, in dockerd's words", async () => {
    await serving({ streams: locating({ keepsNoLog: true }) }, async (api) => {
      const { status, body } = await api.ask("GET", "/containers/web/logs?stdout=1");
      assert.equal(status, 501);
      assert.deepEqual(JSON.parse(body), { message: "configured logging driver does not support reading" });
    });
  });

  it("is asked for by its words, and refused without an output", async () => {
    assert.deepEqual(asked[1], { container: "web", follow: true, tail: 5, sinceMs: 10_000, untilMs: 0 });
    await serving({ streams: { ...locating(), readLog } }, async (api) => {
      const { status, body } = await api.ask("GET", "/containers/web/logs");
      assert.deepEqual([status, /at least one stream/.test(body)], [400, true]);
    });
  });
});

describe("a further process of a container over HTTP", () => {
  const JSON_HEADERS = { "Content-Type": "application/json" };
  const announce = async (api: ApiSocket, body: object): Promise<string> => {
    const answer = await api.ask("POST", "/containers/web/exec", { headers: JSON_HEADERS, body: JSON.stringify(body) });
    assert.equal(answer.status, 201, answer.body);
    return JSON.parse(answer.body).Id;
  };
  const shown = async (api: ApiSocket, id: string): Promise<Record<string, unknown>> =>
    JSON.parse((await api.ask("GET", `/exec/${id}/json`)).body);

  it("is announced, begun on a connection, and remembered with its exit code", async () => {
    const call = new FakeCall(async function* (own) {
      yield { started: { execId: "e" } };
      await own.until("endOfInput");
      yield { stdout: Buffer.from(own.input) };
      yield { exit: { exitCode: 4, complaint: "" } };
    });
    await serving({ streams: { ...locating(), exec: () => call } }, async (api) => {
      const id = await announce(api, {
        Cmd: ["cat"],
        AttachStdin: true,
        AttachStdout: true,
        Env: ["A=b"],
        User: "www",
      });
      const before = await shown(api, id);
      assert.deepEqual([before["Running"], before["ExitCode"], before["ContainerID"]], [false, null, ID]);
      const socket = api.raw(post(`/v1.50/exec/${id}/start`, UPGRADE, '{"Detach":false,"Tty":false}'));
      await call.until("start");
      assert.equal((await shown(api, id))["Running"], true);
      socket.end("in");
      assert.equal(bodyOf(await allOf(socket)), frame(1, "in"));
      const after = await shown(api, id);
      assert.deepEqual([after["Running"], after["ExitCode"]], [false, 4]);
      const again = await api.ask("POST", `/exec/${id}/start`, { headers: JSON_HEADERS, body: "{}" });
      assert.deepEqual([again.status, /has already run/.test(again.body)], [409, true]);
    });
  });

  it("outlives the connection when it is detached, and says why it cannot begin", async () => {
    const call = new FakeCall(async function* () {
      yield { exit: { exitCode: 127, complaint: 'there is no program "nosuch"' } };
    });
    await serving({ streams: { ...locating(), exec: () => call } }, async (api) => {
      const id = await announce(api, { Cmd: ["nosuch"] });
      const answer = await api.ask("POST", `/exec/${id}/start`, { headers: JSON_HEADERS, body: '{"Detach":true}' });
      assert.deepEqual([answer.status, /no program/.test(answer.body)], [400, true]);
      assert.match(JSON.stringify(call.sent[0]), /"outlives":true/);
      assert.equal((await shown(api, id))["ExitCode"], 127);
    });
  });

  for (const [has, body, heard] of [
    ["a terminal and input", { Tty: true, AttachStdin: true }, "endOfInput"],
    ["no terminal", { AttachStdin: true }, "endOfInput"],
    ["no input", {}, "start"],
  ] as const) {
    it(`goes on when its caller is gone, and is remembered with its end, if it has ${has}`, async () => {
      const goOn = Promise.withResolvers<void>();
      const call = new FakeCall(async function* () {
        yield { started: { execId: "e" } };
        await goOn.promise;
        yield { stdout: Buffer.from("for nobody") };
        yield { exit: { exitCode: 5, complaint: "" } };
      });
      await serving({ streams: { ...locating(), exec: () => call } }, async (api) => {
        const id = await announce(api, { Cmd: ["sh"], AttachStdout: true, ...body });
        const socket = api.raw(post(`/v1.50/exec/${id}/start`, UPGRADE, "{}"));
        await call.until("start");
        assert.match(JSON.stringify(call.sent[0]), /"outlives":true/);
        socket.destroy();
        await call.until(heard);
        assert.deepEqual([(await shown(api, id))["Running"], (await shown(api, id))["ExitCode"]], [true, null]);
        goOn.resolve();
        await waitFor("its end", async () => (await shown(api, id))["ExitCode"] === 5, 5);
      });
    });
  }

  it("is given the size of its caller's terminal, before it begins and while it runs", async () => {
    const call = new FakeCall(async function* (own) {
      yield { started: { execId: "e" } };
      await own.until("resize");
      yield { exit: { exitCode: 0, complaint: "" } };
    });
    await serving({ streams: { ...locating(), exec: () => call } }, async (api) => {
      const id = await announce(api, { Cmd: ["sh"], Tty: true, AttachStdout: true });
      await api.ask("POST", `/exec/${id}/resize?h=10&w=20`);
      const socket = api.raw(post(`/v1.50/exec/${id}/start`, UPGRADE, '{"Tty":true}'));
      await call.until("start");
      await api.ask("POST", `/exec/${id}/resize?h=11&w=21`);
      await allOf(socket);
      assert.match(JSON.stringify(call.sent[0]), /"size":\{"rows":10,"columns":20\}/);
      assert.deepEqual(call.sent[1], { resize: { rows: 11, columns: 21 } });
    });
  });

  it("is refused without a command, in a container that does not run, and by a name that nobody has", async () => {
    await serving({ streams: locating({ running: false }) }, async (api) => {
      const ask = (body: string) => api.ask("POST", "/containers/web/exec", { headers: JSON_HEADERS, body });
      assert.equal((await ask("{}")).status, 400);
      assert.equal((await ask('{"Cmd":"ls"}')).status, 400);
      assert.equal((await ask('{"Cmd":["ls"]}')).status, 409);
      assert.equal((await api.ask("GET", "/exec/nobody/json")).status, 404);
    });
  });
});
