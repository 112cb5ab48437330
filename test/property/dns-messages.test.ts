/** Whatever bytes come, the DNS server's codec neither throws nor answers more, or something else, than it may. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, decode, encode, type RecordType } from "dns-packet";
import fc from "fast-check";
import { readQuery } from "../../worker/dns/query.ts";
import { HEADER_BYTES } from "../../worker/dns/record-type.ts";
import { type DnsRecord, replyBytesMax, writeReply } from "../../worker/dns/reply.ts";
import { isAnswerTo, passOn, readUpstreamAnswer } from "../../worker/dns/upstream-message.ts";
import { queryBytes } from "../support/dns-objects.ts";

const TYPES: readonly RecordType[] = ["A", "AAAA", "PTR", "SRV", "TXT", "DNSKEY"];
const label = fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/);
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map((labels) => labels.join("."));
const payloadBytes = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const query = fc
  .record({ name, type: fc.constantFrom(...TYPES), id: fc.integer({ min: 0, max: 65_535 }), payloadBytes })
  .map(({ name, type, id, payloadBytes }) =>
    queryBytes(name, type, payloadBytes === undefined ? { id } : { id, payloadBytes }),
  );
/** A real one with some bytes changed, some cut off or some added. */
const mutated = fc
  .record({
    bytes: query,
    changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
    length: fc.nat({ max: 80 }),
    tail: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ bytes, changes, length, tail }) => {
    const copy = Uint8Array.from([...bytes.subarray(0, Math.max(length, 8)), ...tail]);
    for (const [at, value] of changes) copy[at % copy.length] = value;
    return copy;
  });

const record: fc.Arbitrary<DnsRecord> = fc.record({
  owner: fc.option(name),
  ttlSeconds: fc.nat(),
  data: fc.oneof(
    fc.constantFrom(4, 16).map((length) => ({ kind: "address", bytes: new Uint8Array(length).fill(9) }) as const),
    name.map((target) => ({ kind: "PTR", name: target }) as const),
    name.map((target) => ({ kind: "SRV", port: 80, target }) as const),
  ),
});

test("any bytes are a question, a fault to be told, or nothing", () => {
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 600 })), (bytes) => {
      const incoming = readQuery(bytes);
      if (incoming.kind === "ignore") return;
      const head = incoming.kind === "query" ? incoming.query : incoming.head;
      const reply = writeReply(
        head,
        { rcode: "FORMERR", isAuthoritative: false, answers: [], additionals: [], zone: null },
        "udp",
      );
      const read = decode(Buffer.from(reply));
      assert.equal(read.id, head.id);
      assert.ok(reply.length <= Math.max(bytes.length, HEADER_BYTES + head.question.length + 11));
      // The question is repeated byte by byte.
      if (incoming.kind === "query")
        assert.deepEqual(
          reply.subarray(HEADER_BYTES, HEADER_BYTES + head.question.length),
          Buffer.from(bytes.subarray(HEADER_BYTES, HEADER_BYTES + head.question.length)),
        );
    }),
    { numRuns: 3_000 },
  );
});

test("a question is read as it was asked", () => {
  fc.assert(
    fc.property(name, fc.constantFrom(...TYPES), payloadBytes, (asked, type, size) => {
      const incoming = readQuery(queryBytes(asked, type, size === undefined ? {} : { payloadBytes: size }));
      assert.ok(incoming.kind === "query");
      assert.equal(incoming.query.name, asked.toLowerCase());
      assert.equal(incoming.query.edns?.payloadBytes, size);
    }),
  );
});

test("an answer is as long as its reader takes, says so when records are missing, and can be read", () => {
  fc.assert(
    fc.property(
      query,
      fc.array(record, { maxLength: 120 }),
      fc.array(record, { maxLength: 5 }),
      (bytes, answers, more) => {
        const incoming = readQuery(bytes);
        assert.ok(incoming.kind === "query");
        for (const transport of ["udp", "tcp"] as const) {
          const zone = { name: "swarm.internal", ttlSeconds: 2 };
          const reply = writeReply(
            incoming.query,
            { rcode: "NOERROR", isAuthoritative: true, answers, additionals: more, zone },
            transport,
          );
          assert.ok(reply.length <= replyBytesMax(incoming.query, transport));
          const read = decode(Buffer.from(reply));
          assert.equal(read.flag_tc, (read.answers ?? []).length < answers.length);
          (read.answers ?? []).forEach((found, at) => {
            const { data } = answers[at] as DnsRecord;
            assert.equal(found.type, data.kind === "address" ? (data.bytes.length === 4 ? "A" : "AAAA") : data.kind);
          });
          assert.equal(
            (read.additionals ?? []).filter(({ type }) => type === "OPT").length,
            incoming.query.edns === null ? 0 : 1,
          );
        }
      },
    ),
  );
});

const upstreamRecord: fc.Arbitrary<Answer> = fc.oneof(
  fc.record({ name, ttl: fc.nat() }).map((part) => ({ ...part, type: "A", data: "192.0.2.1" }) as const),
  fc.record({ name, ttl: fc.nat(), data: name }).map((part) => ({ ...part, type: "CNAME" }) as const),
  fc.record({ name, ttl: fc.nat() }).map((part) => ({ ...part, type: "TXT", data: "x".repeat(200) }) as const),
  fc.record({ name, ttl: fc.nat(), minimum: fc.nat() }).map(
    ({ minimum, ...part }) =>
      ({
        ...part,
        type: "SOA",
        data: { mname: "a", rname: "b", serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
      }) as const,
  ),
);
const upstream = fc.record({
  query,
  answers: fc.array(upstreamRecord, { maxLength: 12 }),
  authorities: fc.array(upstreamRecord, { maxLength: 3 }),
  changes: fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
  cut: fc.nat({ max: 30 }),
});

test("whatever a server answers, it is passed on whole, cut off, or not believed", () => {
  fc.assert(
    fc.property(upstream, fc.nat({ max: 100_000 }), ({ query: bytes, answers, authorities, changes, cut }, age) => {
      const incoming = readQuery(bytes);
      assert.ok(incoming.kind === "query");
      const { questions } = decode(Buffer.from(bytes));
      const said = encode({ type: "response", id: 7, questions: [...(questions ?? [])], answers, authorities });
      const message = Uint8Array.from(said.subarray(0, said.length - cut));
      for (const [at, value] of changes) message[at % message.length] = value;
      if (!isAnswerTo(message, 7, incoming.query)) return;
      const answer = readUpstreamAnswer(message);
      if (answer === null) return;
      for (const transport of ["udp", "tcp"] as const) {
        const passed = passOn(answer, incoming.query, age, transport);
        assert.ok(passed.length <= replyBytesMax(incoming.query, transport));
        assert.equal(passed.readUInt16BE(0), incoming.query.id);
        const question: Uint8Array = incoming.query.question;
        assert.deepEqual(passed.subarray(HEADER_BYTES, HEADER_BYTES + question.length), Buffer.from(question));
      }
      if (changes.length > 0 || cut > 0) return;
      // Untouched: every record is there, and no time to live has grown.
      const read = decode(passOn(answer, incoming.query, age, "tcp")).answers ?? [];
      assert.equal(read.length, answers.length);
      const ttlOf = (one: Answer | undefined): number => (one as { ttl?: number } | undefined)?.ttl ?? Number.NaN;
      read.forEach((one, at) => {
        assert.equal(ttlOf(one), Math.max(0, ttlOf(answers[at]) - age));
      });
    }),
    { numRuns: 1_000 },
  );
});
