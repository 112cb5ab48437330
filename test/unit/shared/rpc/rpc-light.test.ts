import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { ConnectionError } from "../../../../shared/rpc/connect-error.ts";
import { connectLocally } from "../../../../shared/rpc/light/local-client.ts";
import { openLocally } from "../../../../shared/rpc/ports/local-call.ts";
import { startServer } from "./local-server.ts";

test("the light client gives up a daemon that accepts and never greets, and sends it nothing", async () => {
  await using mute = await serveRaw(() => {});
  await using client = connectLocally("local", mute.path, { connectTimeoutMs: 100 });
  await assert.rejects(client.info({}), {
    code: "unavailable",
    message: `cannot connect to unix:${mute.path}: no answer within 0.1 s`,
  });
  assert.deepEqual(mute.got, ["swarm1\n"]);
});

test("the light client says that a daemon which answers in HTTP/2 is of an earlier release", async () => {
  await using earlier = await serveRaw((socket) => void socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])));
  await using client = connectLocally("local", earlier.path);
  await assert.rejects(client.info({}), {
    code: "unavailable",
    message: `cannot connect to unix:${earlier.path}: it is of an earlier release than this program: restart it`,
  });
});

test("a light call that breaks after it was sent may have been carried out, and says so", async () => {
  const { promise: called, resolve } = Promise.withResolvers<void>();
  await using host = await startServer({
    join: () => {
      resolve();
      return new Promise(() => {});
    },
  });
  await using client = connectLocally("local", host.path);
  const broken = assert.rejects(
    client.join({}),
    (error) => error instanceof ConnectionError && error.wasSent && / was lost$/.test(error.message),
  );
  await called;
  await host.server.stop(0);
  await broken;
});

test("the light door refuses calls it does not know, requests it cannot read, and too large ones", async () => {
  await using host = await startServer({});
  const ask = async (path: string, request: Buffer): Promise<void> => {
    const call = { socketPath: host.path, path, timeoutMs: null, signal: undefined };
    const opened = openLocally({ ...call, clock: systemClock, connectTimeoutMs: 5_000 });
    opened.send(request).catch(() => {});
    for await (const _ of opened.messages);
  };
  await assert.rejects(ask("/swarm.v1.Local/Dance", Buffer.alloc(0)), { code: "unimplemented" });
  await assert.rejects(ask("/swarm.v1.Dispatcher/Session", Buffer.alloc(0)), { code: "unimplemented" });
  await assert.rejects(ask("/swarm.v1.Local/Join", Buffer.from([0xff])), { code: "invalidArgument" });
  await assert.rejects(ask("/swarm.v1.Local/Join", Buffer.alloc(65 << 10)), { code: "resourceExhausted" });
});

/** A unix socket with what was received there. */
async function serveRaw(answer: (socket: Socket) => void) {
  const dir = mkdtempSync(join(tmpdir(), "swarm-rpc-"));
  const path = join(dir, "swarmd.sock");
  const got: string[] = [];
  const server = createServer((socket) => {
    socket.on("data", (bytes) => got.push(String(bytes))).on("error", () => {});
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    got,
    [Symbol.asyncDispose]: async () => {
      server.close();
      rmSync(dir, { recursive: true });
    },
  };
}
