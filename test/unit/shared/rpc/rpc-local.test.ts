import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SwarmError } from "../../../../shared/errors.ts";
import { InvariantError, mustHave } from "../../../../shared/invariant.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { systemClock } from "../../../../shared/ports/system-clock.ts";
import { connect, type RpcClient } from "../../../../shared/rpc/client.ts";
import { type CallContext, serverStream } from "../../../../shared/rpc/handler.ts";
import { connectInProcess } from "../../../../shared/rpc/in-process-call.ts";
import { connectLocally } from "../../../../shared/rpc/light/local-client.ts";
import { NotLeaderError } from "../../../../shared/rpc/not-leader.ts";
import { RpcServer } from "../../../../shared/rpc/rpc-server.ts";
import { services } from "../../../../shared/rpc/schema.ts";
import { INTERNAL_SENTENCE } from "../../../../shared/rpc/status.ts";
import { waitFor } from "../../../support/wait.ts";
import { startServer } from "./local-server.ts";

const line = (text: string): { text: Uint8Array } => ({ text: Buffer.from(text) });

type Host = { readonly address: string; readonly server?: RpcServer };
type Open = <Name extends "local" | "logs">(which: Name, host: Host) => RpcClient<(typeof services)[Name]>;

/**
 * Programs speak gRPC on the local socket, the command line something lighter, and the daemon's own API nothing at all:
 * none may notice a difference.
 */
const CLIENTS: readonly (readonly [by: string, open: Open])[] = [
  ["gRPC", (which, { address }) => connect(services[which] as never, address, "local") as never],
  ["the light client", (which, { address }) => connectLocally(which, address.replace("unix:", "")) as never],
  [
    "a client in the process",
    (which, { server }) =>
      connectInProcess(services[which] as never, mustHave(server, "the server").inProcess, systemClock) as never,
  ],
];
const isWire = (by: string): boolean => by !== "a client in the process";

for (const [by, open] of CLIENTS) {
  test(`${by}: a unary call carries request, response and the local caller, on a socket only its owner may use`, async () => {
    let context: CallContext | null = null;
    await using host = await startServer({
      join: async (request, given) => {
        context = given;
        return { nodeId: request.token, role: "MANAGER" };
      },
    });
    await using client = open("local", host);
    const response = await client.join({ token: "abc" }, { timeoutMs: 120_000 });
    assert.deepEqual({ ...response }, { nodeId: "abc", role: "MANAGER" });
    assert.deepEqual((context as CallContext | null)?.caller, { kind: "local" });
    assert.notEqual((context as CallContext | null)?.deadlineMs, null);
    assert.equal(statSync(host.path).mode & 0o777, 0o600);
  });

  test(`${by}: a refusal keeps its code and sentence across the wire, also with signs that gRPC escapes`, async () => {
    await using host = await startServer({
      join: async () => {
        throw new SwarmError("failedPrecondition", "50 % of “nodes” are down: ä=1\nnext");
      },
    });
    await using client = open("local", host);
    await assert.rejects(client.join({}), (error) => {
      assert.ok(error instanceof SwarmError);
      assert.equal(error.code, "failedPrecondition");
      assert.equal(error.message, "50 % of “nodes” are down: ä=1\nnext");
      return true;
    });
  });

  test(`${by}: a leader hint survives the wire`, async () => {
    let leader: string | null = "10.0.0.3:2377";
    await using host = await startServer({
      join: async () => {
        throw new NotLeaderError(leader);
      },
    });
    await using client = open("local", host);
    for (const expected of ["10.0.0.3:2377", null]) {
      leader = expected;
      await assert.rejects(
        client.join({}),
        (error) => error instanceof NotLeaderError && error.leaderAddress === expected && error instanceof SwarmError,
      );
    }
  });

  test(`${by}: an unknown error is reported here and hidden from the peer`, async () => {
    const bugs: string[] = [];
    await using host = await startServer({
      join: async () => {
        throw new InvariantError("secret path /x");
      },
      onBug: (error) => bugs.push(error.message),
    });
    await using client = open("local", host);
    await assert.rejects(client.join({}), { code: "internal", message: INTERNAL_SENTENCE });
    assert.deepEqual(bugs, ["secret path /x"]);
  });

  test(`${by}: a server stream ends with its handler, and stopping to read cancels it`, async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<string>();
    await using host = await startServer({
      subscribe: async (request, context, send) => {
        context.signal.addEventListener("abort", () => resolve(request.ref));
        await send({ lines: [line("1")] });
        await send({ lines: [line("2")] });
        if (request.ref === "endless") await cancelled;
      },
    });
    await using client = open("logs", host);
    const got: string[] = [];
    for await (const message of client.subscribe({ ref: "two" })) got.push(String(message.lines[0]?.text));
    assert.deepEqual(got, ["1", "2"]);
    for await (const _ of client.subscribe({ ref: "endless" })) break;
    assert.equal(await cancelled, "endless");
  });

  test(`${by}: a server stream that fails late delivers what came before, then the refusal`, async () => {
    await using host = await startServer({
      subscribe: async (_request, _context, send) => {
        for (let at = 0; at < 40; at++) await send({ errors: [String(at)] });
        throw new SwarmError("notFound", "no such service: web");
      },
    });
    await using client = open("logs", host);
    const got: string[] = [];
    await assert.rejects(
      async () => {
        for await (const message of client.subscribe({ ref: "web" })) got.push(...message.errors);
      },
      { code: "notFound", message: "no such service: web" },
    );
    assert.equal(got.length, 40);
  });

  test(`${by}: a slow reader holds back the sender`, async () => {
    let sent = 0;
    const big = Buffer.alloc(256 * 1024);
    await using host = await startServer({
      subscribe: async (_request, context, send) => {
        while (!context.signal.aborted) {
          await send({ lines: [{ text: big }] });
          sent++;
        }
      },
    });
    await using client = open("logs", host);
    const iterator = client.subscribe({ ref: "x" })[Symbol.asyncIterator]();
    await iterator.next();
    let before = -1;
    // Nothing more is read: the count must stop growing by itself.
    while (before !== sent) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    assert.ok(sent < 400, `sent ${sent} messages of 256 KiB to a reader that took one`);
    await iterator.return?.();
  });

  test(`${by}: aborting a call tells the handler and rejects here`, async () => {
    const { promise: told, resolve } = Promise.withResolvers<void>();
    const abort = new AbortController();
    await using host = await startServer({
      join: async (_request, context) => {
        context.signal.addEventListener("abort", () => resolve());
        abort.abort();
        await told;
        return {};
      },
    });
    await using client = open("local", host);
    await assert.rejects(client.join({}, { signal: abort.signal }), { code: "cancelled" });
    await told;
  });

  test(`${by}: a call without an answer ends at its deadline and says that the outcome is unknown`, async () => {
    await using host = await startServer({
      join: (_request, context) =>
        new Promise((resolve) => context.signal.addEventListener("abort", () => resolve({}))),
    });
    await using client = open("local", host);
    await assert.rejects(client.join({}, { timeoutMs: 50 }), {
      code: "deadlineExceeded",
      message: isWire(by) ? /no answer from unix:/ : /^no answer to .* in time: the outcome is unknown$/,
    });
  });

  test(`${by}: stopping aborts streams that would never end, and their clients see a passing fault`, async () => {
    const host = await startServer({
      subscribe: async (_request, context, send) => {
        await send({ lines: [line("1")] });
        await new Promise<void>((_resolve, reject) =>
          context.signal.addEventListener("abort", () => reject(context.signal.reason)),
        );
      },
    });
    await using client = open("logs", host);
    await assert.rejects(
      async () => {
        for await (const _ of client.subscribe({ ref: "x" })) void host.server.stop();
      },
      { code: "unavailable" },
    );
    await host.server.stop();
    await assert.rejects(
      async () => {
        for await (const _ of client.subscribe({ ref: "x" }));
      },
      {
        code: "unavailable",
        message: isWire(by) ? new RegExp(`^cannot connect to ${host.address}: `) : "the daemon is stopping",
      },
    );
    await host[Symbol.asyncDispose]();
  });

  if (!isWire(by)) continue;

  test(`${by}: a client finds the server again after it was restarted`, async () => {
    const dir = mkdtempSync(join(tmpdir(), "swarm-rpc-"));
    const path = join(dir, "swarmd.sock");
    const start = async (): Promise<RpcServer> => {
      const server = new RpcServer({ kind: "unix", path }, { log: silentLogger }).add(services.logs, {
        subscribe: serverStream(async () => {}),
      });
      await server.listen();
      return server;
    };
    await using client = open("logs", { address: `unix:${path}` });
    try {
      for (let round = 0; round < 3; round++) {
        await using _server = await start();
        await waitFor("its return", async () => {
          for await (const _ of client.subscribe({ ref: "x" }));
          return true;
        });
      }
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test(`${by}: a daemon that has just been started is found at once, without a backoff`, async () => {
    const dir = mkdtempSync(join(tmpdir(), "swarm-rpc-"));
    const path = join(dir, "swarmd.sock");
    await using client = open("logs", { address: `unix:${path}` });
    const ask = async (): Promise<void> => {
      for await (const _ of client.subscribe({ ref: "x" }));
    };
    await assert.rejects(ask(), { code: "unavailable" });
    const server = new RpcServer({ kind: "unix", path }, { log: silentLogger }).add(services.logs, {
      subscribe: serverStream(async () => {}),
    });
    await server.listen();
    try {
      await ask();
    } finally {
      await server.stop(0);
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test(`${by}: where nobody listens, one sentence says so`, async () => {
    await using client = open("local", { address: "unix:/nonexistent/swarmd.sock" });
    await assert.rejects(client.info({}), {
      code: "unavailable",
      message: "cannot connect to unix:/nonexistent/swarmd.sock: no such socket",
    });
  });
}

test("both directions of a session work at once, and the handler's end ends it", async () => {
  await using host = await startServer({
    session: async (messages, _context, send) => {
      for await (const message of messages) {
        if (message.message === "register") await send({ registered: { sessionId: "s1" } });
        if (message.message === "status") await send({ statusAccepted: { number: message.status?.number ?? 0 } });
        if (message.message === "applied") return;
      }
    },
  });
  await using client = connect(services.dispatcher, host.address, "local");
  const call = client.session();
  await call.send({ register: {} });
  await call.send({ status: { number: 7 } });
  const got: unknown[] = [];
  for await (const message of call.messages) {
    got.push(message.message);
    if (message.message === "statusAccepted") await call.send({ applied: { revision: 1 } });
  }
  assert.deepEqual(got, ["registered", "statusAccepted"]);
});

test("a session's failure reaches the reader and the writer", async () => {
  await using host = await startServer({
    session: async (messages) => {
      for await (const _ of messages) throw new NotLeaderError("10.0.0.9:2377");
    },
  });
  await using client = connect(services.dispatcher, host.address, "local");
  const call = client.session();
  await call.send({ heartbeat: {} });
  await assert.rejects(
    async () => {
      for await (const _ of call.messages);
    },
    (error) => error instanceof NotLeaderError && error.leaderAddress === "10.0.0.9:2377",
  );
  await assert.rejects(call.send({ heartbeat: {} }), { code: "failedPrecondition" });
});

test("many messages make one response on a client stream", async () => {
  await using host = await startServer({
    publishLogs: async (messages) => {
      let count = 0;
      for await (const message of messages) count += message.lines.length;
      if (count !== 100) throw new SwarmError("invalidArgument", `got ${count}`);
      return {};
    },
  });
  await using client = connect(services.dispatcher, host.address, "local");
  const call = client.publishLogs();
  for (let at = 0; at < 100; at++) await call.send({ lines: [line("x")] });
  call.end();
  assert.deepEqual({ ...(await call.response) }, {});
});

test("a stale socket file is replaced, a living daemon's is not", async () => {
  await using host = await startServer({});
  const second = new RpcServer({ kind: "unix", path: host.path }, { log: silentLogger });
  await assert.rejects(second.listen(), { code: "alreadyExists", message: /another daemon already listens on/ });

  const dir = mkdtempSync(join(tmpdir(), "swarm-rpc-"));
  const path = join(dir, "stale.sock");
  writeFileSync(path, "");
  const third = new RpcServer({ kind: "unix", path }, { log: silentLogger });
  await third.listen();
  await third.stop(0);
  rmSync(dir, { recursive: true, force: true });
});

test("a host that accepts but never speaks is given up after the connect timeout", async () => {
  const mute = createServer(() => {});
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  const address = mute.address();
  assert.ok(typeof address === "object" && address !== null);
  await using client = connect(services.local, `127.0.0.1:${address.port}`, "untrusted", { connectTimeoutMs: 100 });
  try {
    await assert.rejects(client.info({}), {
      code: "unavailable",
      message: `cannot connect to 127.0.0.1:${address.port}: no answer within 0.1 s`,
    });
  } finally {
    mute.close();
  }
});
