import { checkNumber } from "../fits-wire.ts";
import { defaultOf } from "./message-codec.ts";
import type { MessageField, MessageType, ValueKind } from "./message-types.ts";

type Parts = Readonly<Record<string, unknown>>;

/**
 * Objects of the store that are as a receiver gets them. They live long and are never changed, and lists of hundreds of
 * them are sent again and again.
 */
const whole = new WeakSet<object>();
const typesKept = new WeakMap<MessageType, boolean>();

/**
 * A message as its receiver would get it over the wire, without the bytes in between: absent parts have their defaults,
 * and what the message has no name for is left out. The message itself, or parts of it, where it is so already: nobody
 * changes what was sent. Most messages are so, which is why a copy is begun only at the first part that differs.
 * @throws SwarmError invalidArgument for a number that its field cannot carry.
 */
export function asReceived(type: MessageType, message: object): object {
  if (whole.has(message)) return message;
  const given = message as Parts;
  let copy: Record<string, unknown> | null = null;
  let count = 0;
  for (const field of type.fields) {
    const value = partOf(given, field);
    if (value === undefined && field.mayBeAbsent) continue;
    const taken = valueAsReceived(field, value);
    const isSame = Object.is(taken, given[field.name]) && (field.oneof === null || given[field.oneof] === field.name);
    if (!isSame) copy ??= partsBefore(type, field, given);
    if (copy !== null) setPart(copy, field, taken);
    count += field.oneof === null ? 1 : 2;
  }
  if (copy === null && keysOf(given) !== count) copy = partsBefore(type, null, given);
  const result = copy ?? message;
  if (isKept(type)) whole.add(result);
  return result;
}

/** Lists of the store's objects that are longer than this are taken in piece by piece. */
const LONG_LIST = 100;

/**
 * The long lists of a message whose objects, once `asReceived` has seen them, are known to it: so that whoever takes in
 * tens of thousands of them one by one may let others go between.
 */
export function longLists(
  type: MessageType,
  message: object,
): readonly { readonly type: MessageType; readonly items: readonly object[] }[] {
  return type.fields.flatMap(({ name, many, value: kind }) => {
    if (many !== "list" || kind.kind !== "message" || !isKept(kind.type)) return [];
    const items = (message as Parts)[name];
    return Array.isArray(items) && items.length > LONG_LIST ? [{ type: kind.type, items }] : [];
  });
}

/** undefined: absent, or null. */
function partOf(given: Parts, { name }: MessageField): unknown {
  return Object.hasOwn(given, name) ? (given[name] ?? undefined) : undefined;
}

function setPart(message: Record<string, unknown>, { name, oneof }: MessageField, value: unknown): void {
  if (oneof !== null) message[oneof] = name;
  message[name] = value;
}

/** The parts of a message that come before a field, all of them as they are received; null = all parts. */
function partsBefore(type: MessageType, end: MessageField | null, given: Parts): Record<string, unknown> {
  const parts: Record<string, unknown> = {};
  for (const field of type.fields) {
    if (field === end) break;
    if (!field.mayBeAbsent || partOf(given, field) !== undefined) setPart(parts, field, given[field.name]);
  }
  return parts;
}

/** How many keys an object has, without a list of them. */
function keysOf(given: Parts): number {
  let count = 0;
  for (const _ in given) count++;
  return count;
}

function isKept(type: MessageType): boolean {
  let kept = typesKept.get(type);
  if (kept === undefined) {
    kept = type.fields.some(({ name }) => name === "meta");
    typesKept.set(type, kept);
  }
  return kept;
}

/** @param value undefined = absent */
function valueAsReceived({ name, many, value: kind }: MessageField, value: unknown): unknown {
  switch (many) {
    case "one":
      return value === undefined ? defaultOf(kind) : oneAsReceived(name, kind, value);
    case "list":
      return listAsReceived(name, kind, (value ?? []) as readonly unknown[]);
    default:
      return mapAsReceived(name, kind, (value ?? {}) as Parts);
  }
}

function listAsReceived(name: string, kind: ValueKind, items: readonly unknown[]): readonly unknown[] {
  if (items.length === 0) return items;
  const received = items.map((item) => oneAsReceived(name, kind, item));
  return received.every((item, at) => Object.is(item, items[at])) ? items : received;
}

function mapAsReceived(name: string, kind: ValueKind, map: Parts): Parts {
  const isBare = Object.getPrototypeOf(map) === null;
  if (isBare && keysOf(map) === 0) return map;
  let isSame = isBare;
  // Without a prototype: its keys are people's words.
  const received: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(map)) {
    const shown = key.toWellFormed();
    const taken = oneAsReceived(name, kind, item);
    received[shown] = taken;
    isSame &&= shown === key && Object.is(taken, item);
  }
  return isSame ? map : received;
}

function oneAsReceived(name: string, kind: ValueKind, value: unknown): unknown {
  switch (kind.kind) {
    case "number":
      checkNumber(name, kind.type, value as number);
      return value;
    case "double":
      checkNumber(name, kind.kind, value as number);
      return value;
    case "bool":
      return Boolean(value);
    case "string":
      return String(value).toWellFormed();
    case "bytes":
      return Buffer.isBuffer(value) ? value : bytesAsReceived(value as Uint8Array);
    case "enum":
      // A word of a later release means nothing here.
      return typeof value === "string" && kind.numbers.has(value) ? value : defaultOf(kind);
    default:
      return asReceived(kind.type, value as object);
  }
}

const bytesAsReceived = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
