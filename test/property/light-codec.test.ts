/** The command line's small codec means the same bytes as the daemon's library, for every message of its services. */
import { strict as assert } from "node:assert";
import { test } from "node:test";
import fc from "fast-check";
import descriptor from "../../shared/rpc/gen/descriptor.json" with { type: "json" };
import { asReceived } from "../../shared/rpc/light/as-received.ts";
import { FrameReader, frame, GREETING } from "../../shared/rpc/light/frames.ts";
import { type MessageField, MessageType, type ValueKind } from "../../shared/rpc/light/message-types.ts";
import { lightService } from "../../shared/rpc/light/services.ts";
import { services } from "../../shared/rpc/schema.ts";
import type { AnyMethod } from "../../shared/rpc/service-types.ts";

const PACKAGE = descriptor.nested.swarm.nested.v1;
const DEPTH_MAX = 4;
type Methods = Readonly<Record<string, AnyMethod>>;
type Encode = (message: unknown) => Buffer;

const NUMBERS: Readonly<Record<string, fc.Arbitrary<number>>> = {
  int32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int64: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-1, 2 ** 31, 2 ** 49, 2 ** 49 - 1, 2 ** 53 - 1)),
  uint64: fc.oneof(fc.maxSafeNat(), fc.constantFrom(127, 128, 2 ** 32, 2 ** 49)),
};

function anyValue(kind: ValueKind, depth: number): fc.Arbitrary<unknown> {
  switch (kind.kind) {
    case "number":
      return NUMBERS[kind.type] ?? fc.constant(0);
    case "double":
      return fc.double({ noNaN: true });
    case "bool":
      return fc.boolean();
    case "string":
      return fc.oneof(fc.string({ maxLength: 5 }), fc.string({ unit: "grapheme", maxLength: 5 }));
    case "bytes":
      return fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes));
    case "enum":
      return fc.constantFrom(...kind.numbers.keys());
    case "message":
      return messageOf(kind.type, depth + 1);
  }
}

function fieldOf({ many, value }: MessageField, depth: number): fc.Arbitrary<unknown> {
  const one = anyValue(value, depth);
  if (many === "list") return fc.array(one, { maxLength: 3 });
  const key = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom("__proto__", "constructor"));
  return many === "map" ? fc.array(fc.tuple(key, one), { maxLength: 3 }).map(asMap) : one;
}

/** Any part may be missing; of a oneof, one part at most is there. */
function messageOf(type: MessageType, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const fields = type.fields.filter(({ value }) => value.kind !== "message" || depth < DEPTH_MAX);
  const parts = fields.map((field) => fc.option(fieldOf(field, depth), { nil: undefined }));
  return fc.tuple(...parts).map((values) => {
    const message: Record<string, unknown> = {};
    const chosen = new Set<string>();
    for (const [at, { name, oneof }] of fields.entries()) {
      if (values[at] === undefined || (oneof !== null && chosen.has(oneof))) continue;
      if (oneof !== null) chosen.add(oneof);
      message[name] = values[at];
    }
    return message;
  });
}

function asMap(entries: readonly (readonly [string, unknown])[]): object {
  const map = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of entries) map[key] = value;
  return map;
}

for (const which of ["control", "local", "logs"] as const) {
  const [light, full] = [lightService(which), services[which]].map(({ methods }) => methods as unknown as Methods);
  test(`${which}: both codecs write what the other reads, and read the same`, () => {
    assert.deepEqual(Object.keys(light ?? {}), Object.keys(full ?? {}));
    for (const [name, method] of Object.entries(light ?? {})) {
      const other = full?.[name] as AnyMethod;
      assert.deepEqual([method.kind, method.path], [other.kind, other.path]);
      const described = (PACKAGE.nested as unknown as Described)[which.charAt(0).toUpperCase() + which.slice(1)];
      const { requestType = "", responseType = "" } =
        described?.methods[name.charAt(0).toUpperCase() + name.slice(1)] ?? {};
      same(
        requestType,
        [method.encodeRequest as Encode, method.decodeRequest],
        [other.encodeRequest as Encode, other.decodeRequest],
      );
      same(
        responseType,
        [method.encodeResponse as Encode, method.decodeResponse],
        [other.encodeResponse as Encode, other.decodeResponse],
      );
    }
  });
}

type Described = Readonly<
  Record<string, { readonly methods: Readonly<Record<string, { requestType: string; responseType: string }>> }>
>;
type Codec = readonly [encode: Encode, decode: (bytes: Buffer) => unknown];

function same(name: string, light: Codec, full: Codec): void {
  const type = MessageType.of(PACKAGE, name, new Map());
  fc.assert(
    fc.property(messageOf(type), (message) => {
      const [ours, theirs] = [light[0](message), full[0](message)];
      const meant = full[1](theirs);
      assert.deepStrictEqual(light[1](theirs), meant);
      assert.deepStrictEqual(asReceived(type, message), meant);
      // What is so already is not made again.
      assert.equal(asReceived(type, meant as object), meant);
      assert.deepStrictEqual(full[1](ours), meant);
    }),
    { numRuns: 25 },
  );
}

test("bytes that end too early are refused and never read past their end", () => {
  const type = MessageType.of(PACKAGE, "ListNodesResponse", new Map());
  const { encodeResponse, decodeResponse } = lightService("control").methods.listNodes;
  fc.assert(
    fc.property(messageOf(type), fc.nat(), fc.uint8Array({ maxLength: 30 }), (message, cut, junk) => {
      const bytes = (encodeResponse as Encode)(message);
      for (const broken of [bytes.subarray(0, cut % (bytes.length + 1)), Buffer.from(junk)]) {
        try {
          decodeResponse(broken);
        } catch (error) {
          assert(error instanceof RangeError, String(error));
        }
      }
    }),
  );
});

test("frames come out whole, whatever pieces they arrive in", () => {
  const kinds = fc.constantFrom("head", "message", "end");
  const frames = fc.array(fc.tuple(kinds, fc.uint8Array({ maxLength: 40 })), { maxLength: 6 });
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (sent, sizes) => {
      const bytes = Buffer.concat([GREETING, ...sent.map(([kind, body]) => frame(kind, Buffer.from(body)))]);
      const reader = new FrameReader(() => 40);
      const got: [string, Uint8Array][] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = sizes.next().value;
        for (const { kind, body } of reader.read(bytes.subarray(at, at + size))) got.push([kind, new Uint8Array(body)]);
        at += size;
      }
      assert(reader.greeted);
      assert.deepEqual(
        got,
        sent.map(([kind, body]) => [kind, new Uint8Array(body)]),
      );
    }),
  );
});
