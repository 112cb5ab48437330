import assert from "node:assert/strict";
import { test } from "node:test";
import { GrpcRaftTransport } from "../../../../raft/transport/grpc-transport.ts";
import type { ConnectRaft } from "../../../../raft/transport/peer-link.ts";
import type { TransportReceiver } from "../../../../raft/transport/raft-transport.ts";
import { decodeFrame, encodeFrame, type Frame } from "../../../../raft/wire/frame-codec.ts";
import { SwarmError } from "../../../../shared/errors.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { CallContext } from "../../../../shared/rpc/handler.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { id } from "../core/fixture.ts";

const nothing = (): void => {};
const DEAF: TransportReceiver = {
  onMessages: async () => {},
  onUnreachable: nothing,
  onSnapshotReport: nothing,
  onConnectionClosed: nothing,
  onRemoved: nothing,
};

const member = (raftId: number) => ({ raftId: id(raftId), nodeId: `n${raftId}`, address: `10.0.0.${raftId}:2377` });

test("ways to all members are opened at once, before there is anything to say, and say who is there", async () => {
  const said = new Map<string, Frame[]>();
  const connect = ((address: string) => ({
    messages: ({ signal }: { signal: AbortSignal }) => ({
      send: async (bytes: Buffer) => void said.set(address, [...(said.get(address) ?? []), decodeFrame(bytes)]),
      messages: (async function* () {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      })(),
      end() {},
    }),
    async [Symbol.asyncDispose]() {},
  })) as unknown as ConnectRaft;
  const base = { clock: new VirtualClock(), random: seededRandom(1), log: silentLogger };
  await using transport = new GrpcRaftTransport({ ...base, clusterId: "c", address: member(1).address, connect });
  transport.start({ raftId: id(1), era: 0 }, DEAF);
  transport.setMembers([member(1), member(2), member(3)], []);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([...said.keys()].sort(), [member(2).address, member(3).address]);
  for (const frames of said.values()) {
    assert.deepEqual(
      frames.map(({ from, messages }) => [from, messages]),
      [[1, []]],
    );
  }
});

test("a member that was removed is told so on its own way here, if there is none to it", async () => {
  const connect = (() => ({
    messages: () => ({
      send: async () => {
        throw new Error("nobody listens there");
      },
      messages: (async function* () {})(),
      end() {},
    }),
    async [Symbol.asyncDispose]() {},
  })) as unknown as ConnectRaft;
  const base = { clock: new VirtualClock(), random: seededRandom(1), log: silentLogger };
  const identify = () => "n2";
  await using transport = new GrpcRaftTransport({
    ...base,
    clusterId: "c",
    address: member(1).address,
    connect,
    identify,
  });
  transport.start({ raftId: id(1), era: 0 }, DEAF);
  transport.setMembers([member(1), member(2)], []);
  const frame = {
    from: id(2),
    to: id(1),
    clusterId: "c",
    address: member(2).address,
    removed: false,
    era: 0,
    members: [],
    messages: [],
  };
  const end = Promise.withResolvers<void>();
  const answers: unknown[] = [];
  const stream = transport.handlers.messages.run(
    (async function* () {
      yield Buffer.from(encodeFrame(frame));
      await end.promise;
    })(),
    {} as CallContext,
    async (answer) => void answers.push(answer),
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(answers, []);
  transport.setMembers([member(1)], [id(2)]);
  assert.deepEqual(answers, [{ refusal: "REMOVED" }]);
  end.resolve();
  await stream;
});

for (const [what, code, isOut] of [
  ["that it is no manager", "permissionDenied", true],
  ["nothing, since nobody is there", "unavailable", false],
] as const) {
  test(`a member whose peer tells it ${what} ${isOut ? "knows that it is out" : "tries again"}`, async () => {
    const connect = (() => ({
      messages: () => ({
        send: async () => {},
        messages: (async function* () {
          yield* [];
          throw new SwarmError(code, "node n1 is a worker");
        })(),
        end() {},
      }),
      async [Symbol.asyncDispose]() {},
    })) as unknown as ConnectRaft;
    const base = { clock: new VirtualClock(), random: seededRandom(1), log: silentLogger };
    await using transport = new GrpcRaftTransport({ ...base, clusterId: "c", address: member(1).address, connect });
    let told = 0;
    transport.start({ raftId: id(1), era: 0 }, { ...DEAF, onRemoved: () => void told++ });
    transport.setMembers([member(1), member(2)], []);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(told, isOut ? 1 : 0);
  });
}

for (const [what, era, refusal, isOut] of [
  ["an earlier era is refused as outdated", 0, "OUTDATED", false],
  ["a later era is refused, and tells us that we are out", 2, "BEHIND", true],
] as const) {
  test(`a member of ${what}`, async () => {
    const connect = (() => {
      throw new Error("nobody is called");
    }) as unknown as ConnectRaft;
    const base = { clock: new VirtualClock(), random: seededRandom(1), log: silentLogger, identify: () => "n2" };
    await using transport = new GrpcRaftTransport({ ...base, clusterId: "c", address: member(1).address, connect });
    let told = 0;
    transport.start({ raftId: id(1), era: 1 }, { ...DEAF, onRemoved: () => void told++ });
    const ends = { from: id(2), to: id(1), clusterId: "c", address: member(2).address };
    const answers: unknown[] = [];
    await transport.handlers.messages.run(
      (async function* () {
        yield Buffer.from(encodeFrame({ ...ends, era, removed: false, members: [], messages: [] }));
      })(),
      {} as CallContext,
      async (answer) => void answers.push(answer),
    );
    assert.deepEqual([answers, told], [[{ refusal }], isOut ? 1 : 0]);
  });
}
