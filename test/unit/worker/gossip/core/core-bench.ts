import { seededRandom } from "../../../../../shared/ports/seeded-random.ts";
import type { Effect } from "../../../../../worker/gossip/core/effects.ts";
import { GossipCore } from "../../../../../worker/gossip/core/gossip-core.ts";
import type { MemberView } from "../../../../../worker/gossip/core/member.ts";
import { type Profile, swarmProfile } from "../../../../../worker/gossip/core/profiles.ts";
import type { Endpoint } from "../../../../../worker/gossip/wire/address.ts";
import { type Message, toPart, type Versions } from "../../../../../worker/gossip/wire/messages.ts";

export const VERSIONS: Versions = [1, 5, 2, 2, 5, 4];
export const endpointOf = (index: number): Endpoint => ({ address: `10.0.0.${index}`, port: 7946 });

/** One core on a workbench: messages go in by hand, time moves by hand, what comes out is sorted by kind. */
export class CoreBench {
  readonly core: GossipCore;
  nowMs = 0;
  effects: Effect[] = [];

  constructor(profile: Partial<Profile> = {}, seed = 1) {
    this.core = new GossipCore({
      name: "self",
      endpoint: endpointOf(100),
      meta: new Uint8Array(0),
      profile: { ...swarmProfile, ...profile },
      random: seededRandom(seed),
      packetRoom: () => 1_360,
      nowMs: 0,
    });
  }

  /** Members m1..mN become known. */
  meet(count: number): this {
    for (let index = 1; index <= count; index++) this.hear(this.alive(index));
    return this;
  }

  alive(index: number, over: Partial<Extract<Message, { type: "alive" }>> = {}): Message {
    const meta = new Uint8Array(0);
    return {
      type: "alive",
      node: `m${index}`,
      incarnation: 1,
      endpoint: endpointOf(index),
      meta,
      versions: VERSIONS,
      ...over,
    };
  }

  hear(message: Message, from = endpointOf(1)): this {
    this.core.receive(toPart(message), from, this.nowMs);
    this.effects.push(...this.core.takeOutbox());
    return this;
  }

  /** Somebody accuses a member, and it keeps silent for as long as a suspicion lasts. */
  bury(index: number): this {
    this.hear({ type: "suspect", node: `m${index}`, incarnation: 1, from: "accuser" });
    for (let waitedMs = 0; this.member(`m${index}`).state !== "dead"; waitedMs += 10) {
      if (waitedMs > 60_000) throw new Error(`m${index} does not die`);
      this.pass(10);
    }
    return this;
  }

  /** Time passes, with a tick at each moment something is due. */
  pass(ms: number): this {
    const endMs = this.nowMs + ms;
    while (this.core.dueMs <= endMs) {
      this.nowMs = Math.max(this.nowMs, this.core.dueMs);
      this.core.tick(this.nowMs);
      this.effects.push(...this.core.takeOutbox());
    }
    this.nowMs = endMs;
    return this;
  }

  /** Until the core has sent such a message; it and whereto. @throws after 10 s. */
  passUntilSent<T extends Message["type"]>(type: T): { message: Extract<Message, { type: T }>; to: Endpoint } {
    for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
      const [sent] = this.sent(type);
      if (sent !== undefined) return sent;
      this.pass(10);
    }
    throw new Error(`no ${type} was sent`);
  }

  /** What was sent of a type since the last `clear`. */
  sent<T extends Message["type"]>(type: T): { message: Extract<Message, { type: T }>; to: Endpoint }[] {
    return this.effects.flatMap((effect) =>
      effect.kind === "packet"
        ? effect.parts.flatMap(({ message }) =>
            message.type === type ? [{ message: message as Extract<Message, { type: T }>, to: effect.to }] : [],
          )
        : [],
    );
  }

  changes(): string[] {
    return this.effects.flatMap((effect) =>
      effect.kind === "member" ? [`${effect.member.name} ${effect.change}`] : [],
    );
  }

  odd(): string[] {
    return this.effects.flatMap((effect) => (effect.kind === "odd" ? [effect.what] : []));
  }

  clear(): this {
    this.effects = [];
    return this;
  }

  member(name: string): MemberView {
    const member = this.core.member(name);
    if (member === undefined) throw new Error(`${name} is not known`);
    return member;
  }
}
