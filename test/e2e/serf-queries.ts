import type { Keyring } from "../../worker/gossip/wire/keyring.ts";
import { type Packable, PackReader, pack, type Unpacked } from "../../worker/gossip/wire/msgpack.ts";

/** Kinds of message of serf's own layer, inside gossip's user messages. */
const QUERY = 4;
const QUERY_RESPONSE = 5;
const KEY_RESPONSE = 8;

/** What `serf keys` asks every member to do: it reports failure unless all of them answer. */
const KEY_QUERIES: Readonly<Record<string, (keyring: Keyring, key: Uint8Array) => Keyring>> = {
  "_serf_install-key": ({ primary, keys }, key) => ({ primary, keys: [...keys.filter(isOther(key)), key] }),
  "_serf_use-key": ({ keys }, key) => ({ primary: key, keys: [key, ...keys.filter(isOther(key))] }),
  "_serf_remove-key": ({ primary, keys }, key) => ({ primary, keys: keys.filter(isOther(key)) }),
  "_serf_list-keys": (keyring) => keyring,
};

export interface KeyAnswer {
  readonly keyring: Keyring;
  /** A user message with the answer, which may go to everybody: only who asked looks at it. */
  readonly response: Uint8Array;
}

/** The answer of the member `name` to a user message, if that is serf's query about keys. */
export function answerKeyQuery(data: Uint8Array, name: string, keyring: Keyring): KeyAnswer | null {
  if (data[0] !== QUERY) return null;
  const query = new PackReader(data, 1).readMap();
  const change = KEY_QUERIES[textOf(query.get("Name"))];
  if (change === undefined) return null;
  const payload = bytesOf(query.get("Payload"));
  const key = payload.length > 1 ? bytesOf(new PackReader(payload, 1).readMap().get("Key")) : payload;
  const changed = change(keyring, Uint8Array.from(key));
  const keys = changed.keys.map((one) => Buffer.from(one).toString("base64"));
  const answer = message(KEY_RESPONSE, { Keys: keys, Message: "", Result: true });
  const [id, time] = [Number(query.get("ID")), Number(query.get("LTime"))];
  const response = message(QUERY_RESPONSE, { Flags: 0, From: name, ID: id, LTime: time, Payload: answer });
  return { keyring: changed, response };
}

function message(type: number, fields: Packable): Uint8Array {
  return Buffer.concat([Uint8Array.of(type), pack(fields)]);
}

function isOther(key: Uint8Array): (one: Uint8Array) => boolean {
  return (one) => Buffer.compare(one, key) !== 0;
}

function bytesOf(value: Unpacked | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array(0);
}

function textOf(value: Unpacked | undefined): string {
  return Buffer.from(bytesOf(value)).toString("utf8");
}
