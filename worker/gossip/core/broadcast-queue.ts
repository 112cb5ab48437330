import { COMPOUND_PARTS_MAX } from "../wire/frames.ts";
import type { Part } from "../wire/messages.ts";
import { partCost } from "../wire/packet.ts";

/**
 * Waiting messages of the application; beyond this the most often sent one is dropped. News about members is limited by
 * their number.
 */
export const USER_MESSAGES_MAX = 256;
/** No message fits into less than this: type byte, smallest map. */
const ROOM_MIN = 16;

interface Entry {
  readonly key: string;
  readonly part: Part;
  /** Rises with each new entry. */
  readonly id: number;
  transmissions: number;
}

/**
 * News waiting to be sent along with packets: least often sent first, then the longest that fits, then the newest. At
 * most one piece for each member, since newer news makes older worthless.
 */
export class BroadcastQueue {
  readonly #entries = new Map<string, Entry>();
  /** The same by number of transmissions, so that taking does not sort everything. */
  readonly #ranks: Map<string, Entry>[] = [];
  #nextId = 0;
  #userMessages = 0;

  get size(): number {
    return this.#entries.size;
  }

  has(node: string): boolean {
    return this.#entries.has(toKey(node));
  }

  /** News about a member, which replaces any older. */
  put(node: string, part: Part): void {
    this.#insert(toKey(node), part);
  }

  /** A message of the application; it replaces none. */
  putUser(part: Part): void {
    if (this.#userMessages >= USER_MESSAGES_MAX) this.#dropOldestUser();
    this.#insert(`user/${this.#nextId}`, part);
  }

  /**
   * What fits in `roomBytes`, at most `countMax`; each is counted as sent, and dropped when it was sent
   * `transmissionsMax` times.
   */
  take(roomBytes: number, countMax: number, transmissionsMax: number): readonly Part[] {
    const taken: Entry[] = [];
    let room = roomBytes;
    for (const rank of this.#ranks) {
      if (room < ROOM_MIN || taken.length >= Math.min(countMax, COMPOUND_PARTS_MAX)) break;
      for (const entry of [...rank.values()].sort(byLengthThenAge)) {
        const cost = partCost(entry.part);
        if (cost > room || taken.length >= Math.min(countMax, COMPOUND_PARTS_MAX)) continue;
        taken.push(entry);
        room -= cost;
      }
    }
    for (const entry of taken) this.#countSent(entry, transmissionsMax);
    return taken.map(({ part }) => part);
  }

  #countSent(entry: Entry, transmissionsMax: number): void {
    this.#remove(entry);
    entry.transmissions++;
    if (entry.transmissions < transmissionsMax) this.#add(entry);
  }

  #insert(key: string, part: Part): void {
    const old = this.#entries.get(key);
    if (old !== undefined) this.#remove(old);
    this.#add({ key, part, id: this.#nextId++, transmissions: 0 });
  }

  #add(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    while (this.#ranks.length <= entry.transmissions) this.#ranks.push(new Map());
    this.#ranks[entry.transmissions]?.set(entry.key, entry);
    if (entry.key.startsWith("user/")) this.#userMessages++;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#ranks[entry.transmissions]?.delete(entry.key);
    if (entry.key.startsWith("user/")) this.#userMessages--;
  }

  #dropOldestUser(): void {
    for (const rank of this.#ranks.toReversed()) {
      for (const entry of rank.values()) {
        if (!entry.key.startsWith("user/")) continue;
        this.#remove(entry);
        return;
      }
    }
  }
}

function toKey(node: string): string {
  return `node/${node}`;
}

function byLengthThenAge(a: Entry, b: Entry): number {
  return b.part.bytes.length - a.part.bytes.length || b.id - a.id;
}
