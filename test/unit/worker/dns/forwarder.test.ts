import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { type Answer, decode, encode } from "dns-packet";
import { seededRandom } from "../../../../shared/ports/seeded-random.ts";
import type { AgedAnswer } from "../../../../worker/dns/answer-cache.ts";
import { Forwarder } from "../../../../worker/dns/forwarder.ts";
import { FORWARD_MS_MAX, FORWARDS_MAX, SERVER_HOLD_MS, TRY_MS } from "../../../../worker/dns/limits.ts";
import { type Query, readQuery } from "../../../../worker/dns/query.ts";
import { passOn, writeUpstreamQuery } from "../../../../worker/dns/upstream-message.ts";
import { queryBytes } from "../../../support/dns-objects.ts";
import { FakeDnsSockets, type FakeServer } from "../../../support/fake-dns-sockets.ts";
import { VirtualClock } from "../../../support/virtual-clock.ts";

const [FIRST, SECOND] = ["192.0.2.1", "192.0.2.2"];
const SERVERS = [FIRST, SECOND];
const TTL_SECONDS = 300;
const { signal } = new AbortController();

function queryOf(name: string, parts: Parameters<typeof queryBytes>[2] = {}): Query {
  const incoming = readQuery(queryBytes(name, "A", parts));
  assert.ok(incoming.kind === "query");
  return incoming.query;
}

interface Saying {
  readonly rcode?: number;
  readonly flags?: number;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly id?: number;
}

function reply(message: Buffer, said: Saying = {}): Buffer {
  const asked = decode(message);
  return encode({
    type: "response",
    id: said.id ?? asked.id ?? 0,
    flags: 0x0180 | (said.flags ?? 0) | (said.rcode ?? 0),
    questions: [...(asked.questions ?? [])],
    answers: [
      ...(said.answers ?? [
        { type: "A", name: asked.questions?.[0]?.name ?? "", ttl: TTL_SECONDS, data: "198.51.100.7" },
      ]),
    ],
    authorities: [...(said.authorities ?? [])],
  });
}

const says =
  (said: Saying = {}): FakeServer =>
  (message) => [reply(message, said)];
const silent: FakeServer = () => null;

describe("forwarder", () => {
  let clock: VirtualClock;
  let sockets: FakeDnsSockets;
  let forwarder: Forwarder;
  beforeEach(() => {
    clock = new VirtualClock();
    sockets = new FakeDnsSockets();
    forwarder = new Forwarder({ sockets, clock, random: seededRandom(1) });
  });
  const forward = async (query: Query, servers: readonly string[] = SERVERS): Promise<AgedAnswer | null> => {
    let found: AgedAnswer | null | undefined;
    void forwarder.forward(query, servers, signal).then((answer) => {
      found = answer;
    });
    await clock.until("it is answered", () => found !== undefined);
    return found ?? null;
  };
  const rcodeOf = (found: AgedAnswer | null): number | null => found?.answer.rcode ?? null;

  it("passes an answer on under the client's id, with its question as it wrote it and all records as they came", async () => {
    const https = Buffer.from([0, 1, 0, 0, 1, 0, 3, 2, 104, 50]);
    sockets.servers.set(FIRST, (message) => {
      const answer = reply(message, {
        answers: [{ type: "NULL", name: "example.com", ttl: TTL_SECONDS, data: https }],
      });
      answer.writeUInt16BE(65, answer.indexOf(https) - 10);
      return [answer];
    });
    const query = queryOf("ExAmPle.com", { id: 99 });
    const found = await forward(query);
    assert.ok(found !== null);
    const passed = passOn(found.answer, query, 0, "udp");
    assert.equal(passed.readUInt16BE(0), 99);
    assert.ok(passed.includes(Buffer.from("ExAmPle")));
    assert.ok(passed.includes(https));
  });

  it("asks the next server when one is silent, refuses, or knows nothing, and the silent one last for a while", async () => {
    sockets.servers.set(FIRST, silent).set(SECOND, says());
    assert.equal(rcodeOf(await forward(queryOf("one.example"))), 0);
    assert.equal(clock.now(), TRY_MS);
    assert.equal(rcodeOf(await forward(queryOf("two.example"))), 0);
    assert.deepEqual(sockets.asked, [`${FIRST} udp`, `${SECOND} udp`, `${SECOND} udp`]);
    await clock.run(SERVER_HOLD_MS);
    sockets.servers.set(FIRST, says({ rcode: 5, answers: [] }));
    assert.equal(rcodeOf(await forward(queryOf("three.example"))), 0);
    assert.deepEqual(sockets.asked.slice(3), [`${FIRST} udp`, `${SECOND} udp`]);
  });

  it("passes on that nobody knows, and says nothing when nobody answers before the client gives up", async () => {
    for (const server of SERVERS) sockets.servers.set(server, says({ rcode: 2, answers: [] }));
    assert.equal(rcodeOf(await forward(queryOf("broken.example"))), 2);
    assert.equal(sockets.asked.length, 2);
    for (const server of SERVERS) sockets.servers.set(server, silent);
    const start = clock.now();
    assert.equal(await forward(queryOf("dead.example")), null);
    assert.ok(clock.now() - start <= FORWARD_MS_MAX);
    assert.equal(sockets.waiting, 0);
    assert.deepEqual(clock.pending, []);
  });

  it("asks over TCP for what does not fit into a packet", async () => {
    sockets.servers.set(FIRST, (message, transport) => [
      transport === "udp" ? reply(message, { flags: 0x0200, answers: [] }) : reply(message),
    ]);
    const found = await forward(queryOf("large.example"));
    assert.equal(found?.answer.isTruncated, false);
    assert.deepEqual(sockets.asked, [`${FIRST} udp`, `${FIRST} tcp`]);
  });

  it("takes no answer to another question or under another id", async () => {
    sockets.servers.set(FIRST, (message) => [
      reply(message, { id: (decode(message).id ?? 0) ^ 1, rcode: 3 }),
      reply(Buffer.from(writeUpstreamQuery(queryOf("other.example"), decode(message).id ?? 0)), { rcode: 3 }),
      Buffer.from([1, 2, 3]),
      message,
      reply(message),
    ]);
    assert.equal(rcodeOf(await forward(queryOf("true.example"))), 0);
  });

  it("moves on when what a server answers cannot be read", async () => {
    sockets.servers.set(FIRST, (message) => [reply(message).subarray(0, -3)]).set(SECOND, says());
    assert.equal(rcodeOf(await forward(queryOf("torn.example"))), 0);
    assert.deepEqual(sockets.asked, [`${FIRST} udp`, `${SECOND} udp`]);
  });

  it("remembers an answer as long as it says, and counts its time down", async () => {
    sockets.servers.set(FIRST, says());
    await forward(queryOf("kept.example"));
    await clock.run((TTL_SECONDS - 1) * 1_000);
    const query = queryOf("KEPT.example");
    const found = await forward(query);
    assert.ok(found !== null);
    const [record] = decode(passOn(found.answer, query, found.ageSeconds, "udp")).answers ?? [];
    assert.equal((record as { ttl?: number }).ttl, 1);
    assert.equal(sockets.asked.length, 1);
    await clock.run(1_000);
    await forward(queryOf("kept.example"));
    assert.equal(sockets.asked.length, 2);
  });

  it("remembers that there is none as long as the zone says, and not at all without its word", async () => {
    const data = { mname: "a.", rname: "b.", serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 20 };
    const authorities: Answer[] = [{ type: "SOA", name: "example", ttl: 3_600, data }];
    sockets.servers.set(FIRST, says({ rcode: 3, answers: [], authorities }));
    assert.equal(rcodeOf(await forward(queryOf("none.example"))), 3);
    await clock.run(19_000);
    await forward(queryOf("none.example"));
    assert.equal(sockets.asked.length, 1);
    await clock.run(1_000);
    sockets.servers.set(FIRST, says({ rcode: 3, answers: [] }));
    await forward(queryOf("none.example"));
    await forward(queryOf("none.example"));
    assert.equal(sockets.asked.length, 3);
  });

  it("asks one question once, whoever waits for it, and other servers for another task", async () => {
    sockets.servers.set(FIRST, silent);
    const waiting = Array.from({ length: 20 }, (_, id) =>
      forwarder.forward(queryOf("slow.example", { id }), [FIRST], signal),
    );
    const other = forwarder.forward(queryOf("slow.example"), [SECOND], signal);
    await clock.run(1);
    assert.deepEqual(sockets.asked, [`${FIRST} udp`, `${SECOND} udp`]);
    await clock.run(FORWARD_MS_MAX);
    assert.deepEqual(new Set(await Promise.all([...waiting, other])), new Set([null]));
  });

  it("has no more questions under way than it may", async () => {
    const many = Array.from({ length: FORWARDS_MAX + 5 }, (_, at) =>
      forwarder.forward(queryOf(`name${at}.example`), [FIRST], signal),
    );
    await clock.run(1);
    assert.equal(sockets.waiting, FORWARDS_MAX);
    await clock.run(FORWARD_MS_MAX);
    await Promise.all(many);
    assert.equal(sockets.waiting, 0);
  });

  it("knows a question of its own that comes back", async () => {
    let seen: Uint8Array = new Uint8Array();
    sockets.servers.set(FIRST, (message) => {
      seen = message;
      return null;
    });
    const waiting = forwarder.forward(queryOf("loop.example"), [FIRST], signal);
    await clock.run(1);
    assert.ok(forwarder.isOwn(seen));
    assert.ok(!forwarder.isOwn(queryBytes("loop.example", "A")));
    await clock.run(FORWARD_MS_MAX);
    await waiting;
    assert.ok(!forwarder.isOwn(seen));
  });

  it("ends what is under way when the daemon does", async () => {
    const stop = new AbortController();
    const waiting = forwarder.forward(queryOf("late.example"), SERVERS, stop.signal);
    await clock.run(1);
    stop.abort(new Error("stopping"));
    assert.equal(await waiting, null);
    assert.equal(sockets.asked.length, 1);
  });
});
