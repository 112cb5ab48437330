import type { InstantMs } from "../../../shared/ports/clock.ts";
import type { Random } from "../../../shared/ports/random.ts";
import type { Endpoint } from "../wire/address.ts";
import { COMPOUND_PARTS_MAX } from "../wire/frames.ts";
import { type Message, type Part, toPart } from "../wire/messages.ts";
import { partCost } from "../wire/packet.ts";
import { Awareness } from "./awareness.ts";
import { BroadcastQueue } from "./broadcast-queue.ts";
import type { Effect } from "./effects.ts";
import { transmissionsMax } from "./formulas.ts";
import { type Member, readsCrc } from "./member.ts";
import { MemberTable } from "./member-table.ts";
import type { Profile } from "./profiles.ts";

/** Members whose news is repeated in every exchange. */
const RECENT_MAX = 12;
const SEQ_NO_END = 0x1_0000_0000;

export interface ContextOptions {
  /** Our own name. */
  readonly self: string;
  readonly profile: Profile;
  readonly random: Random;
  /** Bytes one packet has for messages now (wire's packetRoom); smaller with encryption and a label. */
  readonly packetRoom: () => number;
  /** Shared, instead of a separate empty one. */
  readonly table?: MemberTable;
}

/** What the parts of one core share: the table, the queue, our health, and the outbox. */
export class Context {
  readonly self: string;
  readonly profile: Profile;
  readonly random: Random;
  readonly table: MemberTable;
  readonly queue = new BroadcastQueue();
  readonly awareness: Awareness;
  /** The instant of the present input. */
  nowMs: InstantMs;
  /** We have announced that we leave; from here on, news of our own death is right. */
  isLeaving = false;
  /** We are just being told who is there: news to us, but to no one else. */
  isNewcomer = false;
  readonly #packetRoom: () => number;
  readonly #recent = new Set<Member>();
  #outbox: Effect[] = [];
  /** Begins at random, so that an ack recorded in an earlier life fits no ping of this one. */
  #seqNo: number;

  constructor(options: ContextOptions, nowMs: InstantMs) {
    this.self = options.self;
    this.profile = options.profile;
    this.random = options.random.fork("core");
    this.table = options.table ?? new MemberTable(options.random.fork("table"));
    this.awareness = new Awareness(options.profile.awarenessMax);
    this.#packetRoom = options.packetRoom;
    this.nowMs = nowMs;
    this.#seqNo = this.random.below(SEQ_NO_END);
  }

  nextSeqNo(): number {
    this.#seqNo = (this.#seqNo + 1) % SEQ_NO_END;
    return this.#seqNo;
  }

  emit(effect: Effect): void {
    this.#outbox.push(effect);
  }

  takeOutbox(): readonly Effect[] {
    const outbox = this.#outbox;
    this.#outbox = [];
    return outbox;
  }

  /** News about a member, for everybody. */
  tellOn(member: Member, part: Part): void {
    if (this.isNewcomer && member.name !== this.self) return;
    this.queue.put(member.name, part);
    this.#recent.delete(member);
    this.#recent.add(member);
    for (const oldest of this.#recent) {
      if (this.#recent.size <= RECENT_MAX) break;
      this.#recent.delete(oldest);
    }
  }

  /** Members with the most recent news; whoever missed some most likely missed that. */
  get recent(): Iterable<Member> {
    return this.#recent;
  }

  /** Sends messages with as much news as fits beside them. `node`: the member at that address, if known. */
  send(to: Endpoint, node: string | null, messages: readonly Message[]): void {
    const parts = messages.map(toPart);
    const room = this.#packetRoom() - parts.reduce((sum, part) => sum + partCost(part), 0);
    this.#emitPacket(to, node, [...parts, ...this.takeNews(room, COMPOUND_PARTS_MAX - parts.length)]);
  }

  /** Sends news alone; false when there is none. */
  sendNews(to: Endpoint, node: string): boolean {
    const parts = this.takeNews(this.#packetRoom(), COMPOUND_PARTS_MAX);
    if (parts.length > 0) this.#emitPacket(to, node, parts);
    return parts.length > 0;
  }

  takeNews(room: number, countMax: number): readonly Part[] {
    if (this.queue.size === 0) return [];
    return this.queue.take(room, countMax, transmissionsMax(this.profile.retransmitMult, this.table.present));
  }

  #emitPacket(to: Endpoint, node: string | null, parts: readonly Part[]): void {
    const member = node === null ? undefined : this.table.get(node);
    this.emit({ kind: "packet", to, crc: member !== undefined && readsCrc(member), parts });
  }
}
