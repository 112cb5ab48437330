import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener, request, type Server } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Recorder } from "../../../scripts/oracles/dockerd/recorder.ts";

interface World extends AsyncDisposable {
  readonly server: Server;
  readonly recorder: Recorder;
  readonly socket: string;
}

async function recorded(answer: RequestListener): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), "swarm-recorder-"));
  const [target, socket] = [join(directory, "target"), join(directory, "recorded")];
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(target, resolve));
  const recorder = await Recorder.open(socket, target);
  const end = async (): Promise<void> => {
    await recorder[Symbol.asyncDispose]();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(directory, { recursive: true });
  };
  return { server, recorder, socket, [Symbol.asyncDispose]: end };
}

function ask(socketPath: string, method: string, path: string, body: Buffer | string = ""): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const shown = (all: Awaited<ReturnType<Recorder["take"]>>): readonly string[] =>
  all.map(({ operation, status }) => `${operation} ${status}`);

test("what is asked last is recorded too, although its answer comes when its caller has ended", async () => {
  const asked = Promise.withResolvers<void>();
  await using world = await recorded(async (_asked, response) => {
    asked.resolve();
    await setTimeout(100);
    response.end("{}");
  });
  connect(world.socket).write("GET /v1.50/info HTTP/1.1\r\nHost: d\r\n\r\n");
  await asked.promise;
  assert.deepEqual(shown(await world.recorder.take()), ["GET /info 200"]);
  assert.deepEqual(await world.recorder.take(), []);
});

test("a question whose caller has gone before the answer is none", async () => {
  await using world = await recorded(() => {});
  const caller = connect(world.socket);
  caller.write("POST /containers/a/wait HTTP/1.1\r\nHost: d\r\n\r\n");
  await setTimeout(30);
  caller.destroy();
  assert.deepEqual(shown(await world.recorder.take()), []);
});

test("a refusal arrives although the rest of the body is not taken", async () => {
  await using world = await recorded((_asked, response) => {
    response.writeHead(413, { Connection: "close" }).end("{}", () => response.socket?.destroySoon());
  });
  assert.equal(await ask(world.socket, "POST", "/images/load", Buffer.alloc(8 << 20)), 413);
  assert.deepEqual(shown(await world.recorder.take()), ["POST /images/load 413"]);
});

test("an upgraded connection passes on what both sides say, and a refused upgrade is an answer", async () => {
  await using world = await recorded((_asked, response) => {
    response.writeHead(409).end("{}");
  });
  const upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
  const say = async (text: string): Promise<string> => {
    const caller = connect({ path: world.socket, allowHalfOpen: true });
    caller.write(text);
    let heard = "";
    for await (const piece of caller) {
      heard += String(piece);
      if (heard.includes("end")) break;
    }
    return heard;
  };
  const refused = await say(`POST /exec/1/start HTTP/1.1\r\nHost: d\r\n${upgrade}Content-Length: 2\r\n\r\n{}`);
  assert.match(refused, /^HTTP\/1\.1 409 /);
  world.server.on("upgrade", (_asked, above) => {
    above.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    above.on("end", () => above.end());
    above.on("data", (piece: Buffer) => above.write(`heard ${String(piece)} end`));
  });
  const caller = connect(world.socket);
  caller.write(`POST /exec/1/start HTTP/1.1\r\nHost: d\r\n${upgrade}\r\n`);
  let heard = "";
  for await (const piece of caller) {
    heard += String(piece);
    if (heard.endsWith("\r\n\r\n")) caller.write("word");
    if (heard.includes("end")) break;
  }
  assert.match(heard, /^HTTP\/1\.1 101 [\s\S]*heard word end$/);
  assert.deepEqual(shown(await world.recorder.take()), ["POST /exec/{}/start 409", "POST /exec/{}/start 101"]);
});
