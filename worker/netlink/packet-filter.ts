/** nf_tables as far as it is read: its generation, its base chains, and whose table a notice is about. */
import { FAMILY } from "./addresses.ts";
import { attribute, attributesIn, cText, FLAG, type Message, message, textOf } from "./wire.ts";

const SUBSYSTEM = 10 << 8;
const TYPE = {
  getTable: SUBSYSTEM | 1,
  newChain: SUBSYSTEM | 3,
  getChain: SUBSYSTEM | 4,
  newGeneration: SUBSYSTEM | 15,
  getGeneration: SUBSYSTEM | 16,
} as const;
/** In every message about something in a table its name has this number (NFTA_*_TABLE). */
const TABLE_NAME = 1;
const CHAIN = { name: 3, hook: 4, policy: 5 } as const;
const HOOK_NUMBER = 1;
const GENERATION_ID = 1;
/** NF_INET_*: what is for the host itself, and what passes through it. */
const HOOK = { input: 1, forward: 2 } as const;
/** NF_DROP */
const DROP = 0;

type TableFamily = "ip" | "ip6" | "inet";
/** `inet` is nf_tables' own: both of them. */
const FAMILIES = { inet: 1, ip: FAMILY.ipv4, ip6: FAMILY.ipv6 } as const;
const FAMILY_NAMES: Readonly<Record<number, string>> = {
  1: "inet",
  2: "ip",
  3: "arp",
  5: "netdev",
  7: "bridge",
  10: "ip6",
};

/** What a notice of nf_tables says. */
export type FilterNotice =
  /** Something in this table was changed, by the transaction whose number comes next. */
  | { readonly kind: "table"; readonly family: string; readonly table: string }
  /** A transaction ended; its number. */
  | { readonly kind: "generation"; readonly id: number };

export function readFilterNotice({ type, body }: Message): FilterNotice | null {
  if ((type & 0xff00) !== SUBSYSTEM || body.length < 4) return null;
  const found = attributesIn(body, 4);
  if (type === TYPE.newGeneration) return { kind: "generation", id: found.get(GENERATION_ID)?.readUInt32BE() ?? 0 };
  const family = FAMILY_NAMES[body.readUInt8(0)] ?? "";
  return { kind: "table", family, table: textOf(found.get(TABLE_NAME)) };
}

/** Answered by one message that `readFilterNotice` reads as a generation. */
export function generationRequest(): Buffer {
  return message(TYPE.getGeneration, FLAG.request, header(FAMILY.unspecified));
}

/** Answered by the table, or by an error when there is none. */
export function tableRequest(family: TableFamily, table: string): Buffer {
  return message(
    TYPE.getTable,
    FLAG.request | FLAG.acknowledge,
    header(FAMILIES[family]),
    attribute(TABLE_NAME, cText(table)),
  );
}

/** Answered by all chains of all tables. */
export function chainsRequest(): Buffer {
  return message(TYPE.getChain, FLAG.request | FLAG.dump, header(FAMILY.unspecified));
}

/** Where packets pass a base chain. */
export type FilterHook = keyof typeof HOOK;

/** A base chain of the hook that drops what none of its rules lets through; null = another message. */
export function readDrop(
  hook: FilterHook,
  { type, body }: Message,
): { readonly table: string; readonly text: string } | null {
  if (type !== TYPE.newChain || body.length < 4) return null;
  const found = attributesIn(body, 4);
  const number = attributesIn(found.get(CHAIN.hook)).get(HOOK_NUMBER)?.readUInt32BE();
  if (number !== HOOK[hook] || found.get(CHAIN.policy)?.readUInt32BE() !== DROP) return null;
  const table = textOf(found.get(TABLE_NAME));
  return { table, text: `${FAMILY_NAMES[body.readUInt8(0)] ?? ""} ${table} ${textOf(found.get(CHAIN.name))}` };
}

/** struct nfgenmsg */
function header(family: number): Buffer {
  return Buffer.of(family, 0, 0, 0);
}
