import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../../../raft/core/message.ts";
import { type RaftMember, toLogIndex, toTerm } from "../../../../raft/ids.ts";
import { GrpcRaftTransport } from "../../../../raft/transport/grpc-transport.ts";
import type { ConnectRaft } from "../../../../raft/transport/peer-link.ts";
import { silentLogger } from "../../../../shared/log.ts";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { CallContext } from "../../../../shared/rpc/handler.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";
import { id } from "../core/fixture.ts";

/** Members whose streams lead from address to address within this process; nobody answers at any other address. */
class Net {
  readonly clock = new VirtualClock();
  readonly #at = new Map<string, GrpcRaftTransport>();
  readonly #streams = new Map<string, AbortController[]>();

  start(number: number, address: string, members: readonly RaftMember[]) {
    const received: Message[] = [];
    const closed: number[] = [];
    const transport = new GrpcRaftTransport({
      clock: this.clock,
      random: seededRandom(number),
      log: silentLogger,
      clusterId: "c",
      address,
      connect: this.#connectFrom(number, address),
      identify: (context) => String(context.caller),
    });
    transport.start(
      { raftId: id(number), era: 0 },
      {
        onMessages: async (messages) => void received.push(...messages),
        onUnreachable: () => {},
        onSnapshotReport: () => {},
        onConnectionClosed: (peer) => void closed.push(peer),
        onRemoved: () => {},
      },
    );
    this.#at.set(address, transport);
    transport.setMembers(members, []);
    const say = (to: number): void => transport.send([heartbeat(number, to)]);
    return { transport, received, closed, say, address };
  }

  /** Its streams stay open at the other ends: nobody tells them. */
  async powerOff({ address, transport }: { readonly address: string; readonly transport: GrpcRaftTransport }) {
    this.#at.delete(address);
    await transport[Symbol.asyncDispose]();
  }

  /** What is left of streams from an address is noticed at the other ends. */
  endStreamsFrom(address: string): void {
    for (const stream of this.#streams.get(address) ?? []) stream.abort();
  }

  #connectFrom(number: number, from: string): ConnectRaft {
    return ((to: string) => ({
      messages: ({ signal }: { signal: AbortSignal }) => {
        const target = this.#at.get(to);
        const frames: Buffer[] = [];
        let wake = (): void => {};
        const end = new AbortController();
        this.#streams.set(from, [...(this.#streams.get(from) ?? []), end]);
        // A power failure ends nothing at the receiver.
        const isDead = (): boolean => this.#at.get(from) === undefined;
        signal.addEventListener("abort", () => {
          if (!isDead()) end.abort();
          wake();
        });
        end.signal.addEventListener("abort", () => wake());
        const incoming = (async function* () {
          for (;;) {
            if (end.signal.aborted) return;
            const frame = frames.shift();
            if (frame !== undefined) yield frame;
            else
              await new Promise<void>((resolve) => {
                wake = resolve;
              });
          }
        })();
        const context = { caller: `n${number}` } as unknown as CallContext;
        void target?.handlers.messages.run(incoming, context, async () => {}).catch(() => {});
        return {
          send: async (bytes: Buffer) => {
            if (target === undefined) throw new Error("nobody is there");
            frames.push(bytes);
            wake();
          },
          messages: (async function* () {
            yield* [];
            if (target !== undefined && !signal.aborted)
              await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
          })(),
          end() {},
        };
      },
      async [Symbol.asyncDispose]() {},
    })) as unknown as ConnectRaft;
  }
}

function heartbeat(from: number, to: number): Message {
  const ends = { from: id(from), to: id(to), term: toTerm(1), commit: toLogIndex(0) };
  return { kind: "heartbeat", ...ends, readSequence: null };
}

const at = (number: number): string => `10.0.0.${number}:2377`;
const elsewhere = (number: number): string => `10.0.0.${number}${number}:2377`;
const MEMBERS = [1, 2, 3].map((number) => ({ raftId: id(number), nodeId: `n${number}`, address: at(number) }));

test("two members that moved, one after the other or at once, find each other by the one that stayed", async () => {
  const net = new Net();
  const [one, two, three] = [1, 2, 3].map((number) => net.start(number, at(number), MEMBERS));
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  await net.clock.run(200);
  await net.powerOff(three);
  await net.powerOff(one);
  // Each has only the log, where the other is where it was.
  const moved3 = net.start(3, elsewhere(3), MEMBERS);
  const moved1 = net.start(1, elsewhere(1), MEMBERS);
  await net.clock.run(3_000);
  assert.equal(two.transport.addressOf(id(1)), elsewhere(1));
  assert.equal(moved1.transport.addressOf(id(3)), elsewhere(3));
  assert.equal(moved3.transport.addressOf(id(1)), elsewhere(1));
  moved1.say(3);
  moved3.say(1);
  await net.clock.run(200);
  assert.deepEqual(
    [moved3, moved1].map(({ received }) => received.map(({ from, to }) => [from, to])),
    [[[1, 3]], [[3, 1]]],
  );
  for (const { transport } of [two, moved1, moved3]) await transport[Symbol.asyncDispose]();
});

test("the end of what a member had open from where it was says nothing of it: its process is there", async () => {
  const net = new Net();
  const [one, two] = [1, 2].map((number) => net.start(number, at(number), MEMBERS));
  assert.ok(one !== undefined && two !== undefined);
  await net.clock.run(200);
  await net.powerOff(one);
  const moved = net.start(1, elsewhere(1), MEMBERS);
  await net.clock.run(1_000);
  net.endStreamsFrom(at(1));
  await net.clock.run(200);
  assert.deepEqual(two.closed, [], "it is heard at its new address");
  net.endStreamsFrom(elsewhere(1));
  await net.clock.run(100);
  assert.deepEqual(two.closed, [1]);
  for (const { transport } of [two, moved]) await transport[Symbol.asyncDispose]();
});
