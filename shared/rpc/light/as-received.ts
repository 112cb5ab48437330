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
 * changes what was sent.
 * @throws SwarmError invalidArgument for a number that its field cannot carry.
 */
export function asReceived(type: MessageType, message: object): object {
  if (whole.has(message)) return message;
  const given = message as Parts;
  const received: Record<string, unknown> = {};
  let isSame = true;
  let count = 0;
  for (const field of type.fields) {
    const { name, oneof, mayBeAbsent } = field;
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if ((value === undefined || value === null) && mayBeAbsent) continue;
    if (oneof !== null) {
      received[oneof] = name;
      count++;
      isSame &&= given[oneof] === name;
    }
    const taken = valueAsReceived(field, value);
    received[name] = taken;
    count++;
    isSame &&= Object.is(taken, value);
  }
  const result = isSame && Object.keys(given).length === count ? message : received;
  if (isKept(type)) whole.add(result);
  return result;
}

function isKept(type: MessageType): boolean {
  let kept = typesKept.get(type);
  if (kept === undefined) {
    kept = type.fields.some(({ name }) => name === "meta");
    typesKept.set(type, kept);
  }
  return kept;
}

function valueAsReceived({ name, many, value: kind }: MessageField, value: unknown): unknown {
  switch (many) {
    case "one":
      return value === undefined || value === null ? defaultOf(kind) : oneAsReceived(name, kind, value);
    case "list":
      return listAsReceived(name, kind, (value ?? []) as readonly unknown[]);
    default:
      return mapAsReceived(name, kind, (value ?? {}) as Parts);
  }
}

function listAsReceived(name: string, kind: ValueKind, items: readonly unknown[]): readonly unknown[] {
  const received = items.map((item) => oneAsReceived(name, kind, item));
  return received.every((item, at) => Object.is(item, items[at])) ? items : received;
}

function mapAsReceived(name: string, kind: ValueKind, map: Parts): Parts {
  let isSame = Object.getPrototypeOf(map) === null;
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
