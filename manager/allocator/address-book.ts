import type { NetworkId } from "../../shared/ids.ts";
import { type Family, toBlock } from "../../shared/ip-block.ts";
import { isFinal } from "../../shared/objects/task-state.ts";
import type { Network, ObjectKind, ObjectKinds } from "../../shared/objects/types.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";
import { AddressSpace, type Purpose } from "./address-space.ts";

/**
 * The last offset given away in each block for each purpose. The search goes on behind it, so that an address just
 * freed rests as long as possible: conntrack entries and neighbours of its last owner are gone before it has a new one.
 */
export type AddressCursors = Map<string, number>;

/** What somebody has on a network: an address of each family that it has, "" for the other. */
export interface Held {
  readonly address: string;
  readonly address6: string;
}

/** A network as the book has it, with its blocks. */
interface Shelf {
  readonly network: Network;
  readonly spaces: AddressSpace[];
}

/** Another block for a network that is full: the network with it, or null. */
type Grow = (networkId: NetworkId, family: Family) => Network | null;

interface BookParts {
  readonly cursors: AddressCursors;
  readonly grow: Grow;
  readonly troubles: Trouble[];
}

/**
 * Who has which address, read from the store: what hosts have, services, and tasks that are not over. There is no other
 * record, so a new leader knows exactly what the old one knew, and no address can leak.
 */
export class AddressBook {
  readonly #shelves = new Map<NetworkId, Shelf>();
  readonly #cursors: AddressCursors;
  readonly #grow: Grow;

  /** `networks` as they are after this pass, so that a network and its first addresses come in one step. */
  constructor(view: ReadView, networks: readonly Network[], { cursors, grow, troubles }: BookParts) {
    this.#cursors = cursors;
    this.#grow = grow;
    for (const network of networks) {
      isolate(troubles, `network ${network.id}`, () => this.#open(network), undefined);
    }
    const each = <Kind extends ObjectKind>(kind: Kind, read: (object: ObjectKinds[Kind]) => void): void => {
      // An address that cannot be read is none of a block's: passing its owner over gives nothing away twice.
      for (const object of view.all(kind)) isolate(troubles, `${kind} ${object.id}`, () => read(object), undefined);
    };
    each("node", (node) => this.#claim(node.attachments));
    each("task", (task) => isFinal(task.status.state) || this.#claim(task.networks));
    each("service", (service) => this.#claim(service.endpoint?.virtualIps ?? []));
  }

  /** Whether the network exists and has blocks. */
  knows(networkId: NetworkId): boolean {
    return (this.#shelves.get(networkId)?.spaces.length ?? 0) > 0;
  }

  /** Free addresses with prefix length, one of each family that the network has; null when one cannot be had. */
  take(networkId: NetworkId, purpose: Purpose): Held | null {
    const shelf = this.#shelves.get(networkId);
    if (shelf === undefined) return null;
    const address = this.#takeOf(shelf, 4, purpose);
    if (address === null) return null;
    const address6 = shelf.network.spec.ipv6 ? this.#takeOf(shelf, 6, purpose) : "";
    if (address6 !== null) return { address, address6 };
    this.release(networkId, { address, address6: "" });
    return null;
  }

  /** Gives back what was taken and then not needed. */
  release(networkId: NetworkId, { address, address6 }: Held): void {
    for (const space of this.#shelves.get(networkId)?.spaces ?? []) {
      const offset = space.offsetOf(space.family === 4 ? address : address6);
      if (offset !== null) space.used.delete(offset);
    }
  }

  /** How full the network is, for people: "10.0.0.0/24: 190 of 190 addresses in use". */
  describe(networkId: NetworkId, purpose: Purpose): string {
    const spaces = this.#shelves.get(networkId)?.spaces ?? [];
    const counts = spaces.map((space) => space.count(purpose));
    const [inUse, all] = [sum(counts.map((count) => count.inUse)), sum(counts.map((count) => count.all))];
    return `${spaces.map(({ cidr }) => cidr).join(", ")}: ${inUse} of ${all} addresses in use`;
  }

  #takeOf(shelf: Shelf, family: Family, purpose: Purpose): string | null {
    const found = this.#search(shelf, family, purpose);
    if (found !== null) return found;
    const { id } = shelf.network;
    const grown = this.#grow(id, family);
    if (grown === null) return null;
    for (const subnet of grown.subnets.slice(shelf.spaces.length)) shelf.spaces.push(...spaceOf(grown, subnet));
    return this.#search(shelf, family, purpose);
  }

  #search({ network, spaces }: Shelf, family: Family, purpose: Purpose): string | null {
    for (const space of spaces) {
      const { first, last } = space.rangeOf(purpose);
      const size = last - first + 1;
      if (space.family !== family || size <= 0) continue;
      const key = `${network.id} ${space.cidr} ${purpose}`;
      const cursor = this.#cursors.get(key) ?? highest(space.used, first, last);
      for (let step = 1; step <= size; step++) {
        const offset = first + ((((cursor - first + step) % size) + size) % size);
        if (space.used.has(offset)) continue;
        space.used.add(offset);
        this.#cursors.set(key, offset);
        return space.at(offset);
      }
    }
    return null;
  }

  #open(network: Network): void {
    this.#shelves.set(network.id, { network, spaces: network.subnets.flatMap((subnet) => spaceOf(network, subnet)) });
  }

  #claim(holders: readonly (Held & { readonly networkId: string })[]): void {
    for (const { networkId, address, address6 } of holders) {
      for (const space of this.#shelves.get(networkId as NetworkId)?.spaces ?? []) {
        const offset = space.offsetOf(space.family === 4 ? address : address6);
        if (offset !== null) space.used.add(offset);
      }
    }
  }
}

// On ingress nobody has a virtual address: its published ports are on every host anyway.
function spaceOf({ spec }: Network, subnet: Network["subnets"][number]): readonly AddressSpace[] {
  const block = toBlock(subnet.cidr);
  // Nor is anything given away in its block of IPv6.
  if (block === null || (block.family === 6 && !spec.ipv6)) return [];
  return [new AddressSpace(subnet, block, !spec.ingress)];
}

/** The highest offset in use within a range, or the one before its first. */
function highest(used: ReadonlySet<number>, first: number, last: number): number {
  let max = first - 1;
  for (const offset of used) if (offset > max && offset <= last) max = offset;
  return max;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
