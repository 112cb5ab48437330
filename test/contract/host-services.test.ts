import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SwarmError } from "../../shared/errors.ts";
import type { ExecInput } from "../../shared/rpc/gen/streams.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import { type HostWorld, type StreamHandlers, startHostWorld } from "../support/host-services-world.ts";
import { waitFor } from "../support/wait.ts";

const WAYS: Readonly<Record<string, (world: HostWorld) => HostServices>> = {
  "on the host's own socket": ({ here }) => here,
  "through a manager": ({ carried }) => carried,
  "in the process of a manager": ({ inProcess }) => inProcess,
};
const PIECE = Buffer.alloc(64 * 1024, "x");
/** Of either way, buffers of sockets and of HTTP/2 on all legs included. */
const ON_THE_WAY_BYTES_MAX = 8 << 20;

/** Sends back what comes, and ends when it ends. */
const echo: StreamHandlers["exec"] = async (messages, _context, send) => {
  for await (const { stdin } of messages) if (stdin !== undefined) await send({ stdout: stdin });
};

for (const [way, servicesOf] of Object.entries(WAYS)) {
  describe(`calls of a host's engine, ${way}`, () => {
    const start = async (handlers: StreamHandlers) => {
      const world = await startHostWorld(handlers);
      return { world, streams: servicesOf(world).streams, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
    };

    test("an answer arrives as it was given, and so does a refusal", async () => {
      await using host = await start({
        locate: async ({ container }) => {
          if (container === "gone") throw new SwarmError("notFound", "No such container: gone");
          return { id: "1".repeat(64), name: container, running: true };
        },
      });
      assert.deepEqual(await host.streams.locate({ container: "wéb.1" }), {
        id: "1".repeat(64),
        name: "wéb.1",
        taskId: "",
        running: true,
        tty: false,
        keepsNoLog: false,
      });
      await assert.rejects(host.streams.locate({ container: "gone" }), {
        name: "SwarmError",
        code: "notFound",
        message: "No such container: gone",
      });
    });

    test("an unexpected failure arrives without its words, which might tell secrets", async () => {
      await using host = await start({
        locate: async () => {
          throw new TypeError("password=1234");
        },
      });
      await assert.rejects(host.streams.locate({ container: "x" }), (error: SwarmError) => {
        return error.code === "internal" && !error.message.includes("1234");
      });
    });

    test("both directions work at once, byte for byte and in order", async () => {
      await using host = await start({ exec: echo });
      const call = host.streams.exec();
      const pieces = Array.from({ length: 300 }, (_, at) => Buffer.alloc((at * 977) % PIECE.length, at % 251));
      const sending = (async () => {
        for (const stdin of pieces) await call.send({ stdin });
        call.end();
      })();
      const got: Buffer[] = [];
      for await (const { stdout } of call.messages) got.push(stdout ?? Buffer.alloc(0));
      await sending;
      assert.ok(Buffer.concat(got).equals(Buffer.concat(pieces)));
    });

    test("a half-closed call goes on answering", async () => {
      await using host = await start({
        exec: async (messages, _context, send) => {
          let bytes = 0;
          for await (const { stdin } of messages) bytes += stdin?.length ?? 0;
          for (const part of ["got", String(bytes)]) await send({ stdout: Buffer.from(part) });
        },
      });
      const call = host.streams.exec();
      await call.send({ stdin: PIECE });
      call.end();
      const said: string[] = [];
      for await (const { stdout } of call.messages) said.push(String(stdout));
      assert.deepEqual(said, ["got", String(PIECE.length)]);
    });

    test("a handler may end while its caller still sends", async () => {
      await using host = await start({
        exec: async (messages, _context, send) => {
          for await (const _ of messages) break;
          await send({ exit: { exitCode: 7, complaint: "" } });
        },
      });
      const call = host.streams.exec();
      const sending = (async () => {
        for (;;) await call.send({ stdin: PIECE });
      })();
      const refused = assert.rejects(sending);
      const codes: number[] = [];
      for await (const { exit } of call.messages) codes.push(exit?.exitCode ?? -1);
      assert.deepEqual(codes, [7]);
      await refused;
    });

    test("what was sent before a failure arrives before it", async () => {
      await using host = await start({
        exec: async (_messages, _context, send) => {
          for (let at = 0; at < 100; at++) await send({ stdout: PIECE });
          throw new SwarmError("failedPrecondition", "the disk is full");
        },
      });
      let pieces = 0;
      const reading = async (): Promise<void> => {
        for await (const _ of host.streams.exec().messages) pieces++;
      };
      await assert.rejects(reading(), { code: "failedPrecondition", message: "the disk is full" });
      assert.equal(pieces, 100);
    });

    test("a caller that goes is noticed by a handler that neither reads nor writes", async () => {
      const begun = Promise.withResolvers<AbortSignal>();
      await using host = await start({
        exec: async (_messages, { signal }) => {
          begun.resolve(signal);
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      });
      const giveUp = new AbortController();
      const call = host.streams.exec({ signal: giveUp.signal });
      await call.send({ signal: 1 });
      const signal = await begun.promise;
      giveUp.abort();
      await waitFor("the handler's signal", () => signal.aborted);
    });

    test("a caller that goes is noticed although it is held back", async () => {
      const begun = Promise.withResolvers<AbortSignal>();
      await using host = await start({
        exec: async (_messages, { signal }) => {
          begun.resolve(signal);
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
      });
      const giveUp = new AbortController();
      const call = host.streams.exec({ signal: giveUp.signal });
      let sent = 0;
      const sending = (async () => {
        for (;;) {
          await call.send({ stdin: PIECE });
          sent += PIECE.length;
        }
      })();
      const refused = assert.rejects(sending);
      const signal = await begun.promise;
      await isStill(() => sent);
      assert.ok(sent < ON_THE_WAY_BYTES_MAX, `${sent} bytes were taken although nobody reads them`);
      giveUp.abort();
      await waitFor("the handler's signal", () => signal.aborted);
      await refused;
    });

    test("a reader that does not read holds the handler back, and gets all of it later", async () => {
      let sent = 0;
      const total = 4 * ON_THE_WAY_BYTES_MAX;
      await using host = await start({
        exec: async (_messages, _context, send) => {
          for (; sent < total; sent += PIECE.length) await send({ stdout: PIECE });
        },
      });
      const call = host.streams.exec();
      await call.send({ signal: 1 });
      const incoming = call.messages[Symbol.asyncIterator]();
      let got = (await incoming.next()).value?.stdout?.length ?? 0;
      await isStill(() => sent);
      assert.ok(sent < ON_THE_WAY_BYTES_MAX, `${sent} bytes were sent although nobody reads them`);
      for (;;) {
        const { done, value } = await incoming.next();
        if (done === true) break;
        got += value.stdout?.length ?? 0;
      }
      assert.equal(got, total);
    });

    test("a request that cannot be read, or is too large, is refused", async () => {
      const seen: ExecInput[] = [];
      await using host = await start({
        exec: async (messages) => {
          for await (const message of messages) seen.push(message);
        },
      });
      const call = host.streams.exec();
      const sending = call.send({ stdin: Buffer.alloc(2 << 20) });
      sending.catch(() => {});
      const reading = async (): Promise<void> => {
        for await (const _ of call.messages);
      };
      await assert.rejects(reading(), { code: "resourceExhausted" });
      assert.deepEqual(seen, []);
    });
  });
}

/** Resolves when a number has stopped changing: what holds it back has taken hold. */
async function isStill(read: () => number): Promise<void> {
  let [before, times] = [-1, 0];
  await waitFor("a number that stays", () => {
    times = read() === before ? times + 1 : 0;
    before = read();
    return times >= 20;
  });
}
