import { unreachable } from "../../invariant.ts";
import { checkNumber } from "../fits-wire.ts";
import type { MessageField, MessageType, ValueKind } from "./message-types.ts";
import { FIXED64, LENGTH_DELIMITED, VARINT, WireReader, WireWriter } from "./wire.ts";

const KEY_ID = 1;
const VALUE_ID = 2;

/**
 * A message in its wire form. Parts that are absent, undefined or null are left out.
 * @throws SwarmError invalidArgument for a number that its field cannot carry.
 */
export function encodeMessage(type: MessageType, message: unknown): Buffer {
  const writer = new WireWriter();
  const parts = message as Readonly<Record<string, unknown>>;
  for (const field of type.fields) {
    const value = Object.hasOwn(parts, field.name) ? parts[field.name] : undefined;
    if (value !== undefined && value !== null) writeField(writer, field, value);
  }
  return writer.finish();
}

function writeField(writer: WireWriter, field: MessageField, value: unknown): void {
  switch (field.many) {
    case "one":
      writeOne(writer, field, field.id, value);
      return;
    case "list": {
      const items = value as readonly unknown[];
      if (wireTypeOf(field.value) === LENGTH_DELIMITED) {
        for (const item of items) writeOne(writer, field, field.id, item);
      } else if (items.length > 0) {
        const packed = new WireWriter();
        for (const item of items) writeValue(packed, field, item);
        writer.tag(field.id, LENGTH_DELIMITED);
        writer.bytes(packed.finish());
      }
      return;
    }
    case "map":
      for (const [key, item] of Object.entries(value as object)) {
        const entry = new WireWriter();
        entry.tag(KEY_ID, LENGTH_DELIMITED);
        entry.bytes(Buffer.from(key));
        writeOne(entry, field, VALUE_ID, item);
        writer.tag(field.id, LENGTH_DELIMITED);
        writer.bytes(entry.finish());
      }
      return;
    default:
      unreachable(field.many);
  }
}

function writeOne(writer: WireWriter, field: MessageField, id: number, value: unknown): void {
  writer.tag(id, wireTypeOf(field.value));
  writeValue(writer, field, value);
}

function writeValue(writer: WireWriter, { name, value: kind }: MessageField, value: unknown): void {
  switch (kind.kind) {
    case "number":
      checkNumber(name, kind.type, value as number);
      writer.varint(value as number);
      return;
    case "double":
      checkNumber(name, kind.kind, value as number);
      writer.double(value as number);
      return;
    case "bool":
      writer.varint(value === true ? 1 : 0);
      return;
    case "enum":
      // A number is a word of a later release, passed on as it came.
      writer.varint(typeof value === "number" ? value : (kind.numbers.get(value as string) ?? 0));
      return;
    case "string":
      writer.bytes(Buffer.from(value as string));
      return;
    case "bytes":
      writer.bytes(value as Uint8Array);
      return;
    case "message":
      writer.bytes(encodeMessage(kind.type, value));
      return;
    default:
      unreachable(kind);
  }
}

function wireTypeOf({ kind }: ValueKind): number {
  switch (kind) {
    case "number":
    case "bool":
    case "enum":
      return VARINT;
    case "double":
      return FIXED64;
    case "string":
    case "bytes":
    case "message":
      return LENGTH_DELIMITED;
    default:
      return unreachable(kind);
  }
}

/**
 * A message from its wire form, in the shape that the generated types promise (decoded-objects.ts).
 * @throws RangeError when the bytes are not such a message.
 */
export function decodeMessage(type: MessageType, bytes: Buffer): Record<string, unknown> {
  const message = emptyMessage(type);
  const reader = new WireReader(bytes);
  while (!reader.atEnd) {
    const { id, wireType } = reader.tag();
    const field = type.field(id);
    if (field === undefined) reader.skip(wireType);
    else readField(message, field, wireType, reader);
  }
  return message;
}

function readField(message: Record<string, unknown>, field: MessageField, wireType: number, reader: WireReader): void {
  const own = wireTypeOf(field.value);
  if (field.many === "list" && wireType === LENGTH_DELIMITED && own !== LENGTH_DELIMITED) {
    const packed = new WireReader(reader.bytes());
    const items = message[field.name] as unknown[];
    while (!packed.atEnd) items.push(readValue(field.value, packed));
    return;
  }
  if (wireType !== (field.many === "map" ? LENGTH_DELIMITED : own)) {
    reader.skip(wireType);
    return;
  }
  switch (field.many) {
    case "one":
      if (field.oneof !== null) {
        const before = message[field.oneof];
        if (typeof before === "string") delete message[before];
        message[field.oneof] = field.name;
      }
      message[field.name] = readValue(field.value, reader);
      return;
    case "list":
      (message[field.name] as unknown[]).push(readValue(field.value, reader));
      return;
    case "map": {
      const [key, value] = readEntry(field.value, new WireReader(reader.bytes()));
      (message[field.name] as Record<string, unknown>)[key] = value;
      return;
    }
    default:
      unreachable(field.many);
  }
}

function readEntry(kind: ValueKind, reader: WireReader): [key: string, value: unknown] {
  let key = "";
  let value = defaultOf(kind);
  while (!reader.atEnd) {
    const { id, wireType } = reader.tag();
    if (id === KEY_ID && wireType === LENGTH_DELIMITED) key = reader.bytes().toString();
    else if (id === VALUE_ID && wireType === wireTypeOf(kind)) value = readValue(kind, reader);
    else reader.skip(wireType);
  }
  return [key, value];
}

function readValue(kind: ValueKind, reader: WireReader): unknown {
  switch (kind.kind) {
    case "number":
      return inRange(kind.type, reader.varint(kind.signed));
    case "double":
      return reader.double();
    case "bool":
      return reader.varint(false) !== 0;
    case "enum": {
      const number = inRange("int32", reader.varint(true));
      return kind.words.get(number) ?? number;
    }
    case "string":
      return reader.bytes().toString();
    case "bytes":
      return Buffer.from(reader.bytes());
    case "message":
      return decodeMessage(kind.type, reader.bytes());
    default:
      return unreachable(kind);
  }
}

/** Of a number in 32 bits only those count, whatever was sent. */
function inRange(type: string, value: number): number {
  if (type === "int32") return Number(BigInt.asIntN(32, BigInt(value)));
  return type === "uint32" ? Number(BigInt.asUintN(32, BigInt(value))) : value;
}

function emptyMessage(type: MessageType): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  for (const { name, many, mayBeAbsent, value } of type.fields) {
    if (many === "list") message[name] = [];
    // Without a prototype: its keys are people's words.
    else if (many === "map") message[name] = Object.create(null);
    else if (!mayBeAbsent) message[name] = defaultOf(value);
  }
  return message;
}

/** What a field has that was not sent. */
export function defaultOf(kind: ValueKind): unknown {
  switch (kind.kind) {
    case "number":
    case "double":
      return 0;
    case "bool":
      return false;
    case "enum":
      return kind.words.get(0) ?? 0;
    case "string":
      return "";
    case "bytes":
      return Buffer.alloc(0);
    case "message":
      return null;
    default:
      return unreachable(kind);
  }
}
