import type { Endpoint } from "../wire/address.ts";
import type { Part } from "../wire/messages.ts";
import type { MemberView } from "./member.ts";

/** What happened to a member, as far as the user of gossip cares. */
export type MemberChange =
  | "joined" // new, or back from dead or left
  | "updated" // its metadata or its address has changed
  | "suspected"
  | "trusted" // suspect no more
  | "died"
  | "left";

/** Input that was understood but not followed; counted, and logged from time to time. */
export type Oddity =
  | "conflict" // a name at two addresses
  | "sharedAddress" // an address with two names; common for a moment after a host was replaced
  | "farAhead" // an incarnation too far ahead to be real
  | "version" // a member that does not speak our protocol
  | "tooManyMembers"
  | "notForUs" // a ping for another name at our address
  | "tooManyRelays";

/** What the shell has to do; data only. */
export type Effect =
  | { readonly kind: "packet"; readonly to: Endpoint; readonly crc: boolean; readonly parts: readonly Part[] }
  /** Ping by TCP; answer with `onStreamAck(seqNo)` if an ack comes in time, with nothing otherwise. */
  | {
      readonly kind: "streamPing";
      readonly to: Endpoint;
      readonly node: string;
      readonly seqNo: number;
      readonly timeoutMs: number;
    }
  /** Send `localExchange(join)` by TCP, give what comes back to `onExchange`. */
  | { readonly kind: "exchange"; readonly to: Endpoint; readonly join: boolean; readonly timeoutMs: number }
  | { readonly kind: "member"; readonly change: MemberChange; readonly member: MemberView }
  /** A message of the application, or its part of an exchange. */
  | { readonly kind: "user"; readonly data: Uint8Array }
  | { readonly kind: "userState"; readonly data: Uint8Array; readonly join: boolean }
  | { readonly kind: "odd"; readonly what: Oddity; readonly node: string };
