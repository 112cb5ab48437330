import type { Profile } from "../../../worker/gossip/core/profiles.ts";
import { type Part, toPart } from "../../../worker/gossip/wire/messages.ts";
import type { Exchange } from "../../../worker/gossip/wire/stream.ts";

/** A planted fault that the checkers must notice: a simulator that never fails is not trusted. */
export type Canary =
  | "none"
  /** Nobody's answers arrive, neither acks nor TCP pings. */
  | "deaf"
  /** Who objects to a suspicion is not heard. */
  | "refutationsLost"
  /** Every member has to find out deaths alone. */
  | "deathsUntold"
  /** One accuser is enough. */
  | "suspicionIsDeath"
  /** Somebody else raises a member's incarnation. */
  | "incarnationForged"
  /** Who said good-bye is told of as dead. */
  | "goodbyeIsDeath"
  /** No time to object. */
  | "impatient"
  /** Exchanges bring nothing and nobody lost is looked for: a split never heals. */
  | "splitsForgotten";

/** What arrives of a message, as a bug in sending or believing would have it. */
export function plant(canary: Canary, part: Part): readonly Part[] {
  const { message } = part;
  switch (canary) {
    case "deaf":
      return message.type === "ack" ? [] : [part];
    case "refutationsLost":
      return message.type === "alive" && message.incarnation > 1 ? [] : [part];
    case "deathsUntold":
      return message.type === "dead" || message.type === "suspect" ? [] : [part];
    case "suspicionIsDeath":
      return message.type === "suspect" ? [toPart({ ...message, type: "dead" })] : [part];
    case "incarnationForged":
      return message.type === "suspect" ? [toPart({ ...message, incarnation: message.incarnation + 1 })] : [part];
    case "goodbyeIsDeath":
      return message.type === "dead" && message.from === message.node
        ? [toPart({ ...message, from: "somebody" })]
        : [part];
    case "impatient":
    case "splitsForgotten":
    case "none":
      return [part];
  }
}

/** The same for what comes by exchange. */
export function plantExchange(canary: Canary, exchange: Exchange): Exchange {
  const { members } = exchange;
  switch (canary) {
    case "refutationsLost":
      return { ...exchange, members: members.filter(({ incarnation }) => incarnation === 1) };
    case "goodbyeIsDeath":
      return { ...exchange, members: members.map((one) => (one.state === "left" ? { ...one, state: "dead" } : one)) };
    default:
      return exchange;
  }
}

/** Some bugs are in the knobs. */
export function plantProfile(canary: Canary, profile: Profile): Profile {
  if (canary === "impatient") return { ...profile, suspicionMult: 0 };
  if (canary === "splitsForgotten") return { ...profile, reconnectMs: null };
  return profile;
}
