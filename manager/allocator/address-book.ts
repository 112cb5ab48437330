import { AddressSpace, type Purpose } from "../../shared/address-space.ts";
import type { NetworkId } from "../../shared/ids.ts";
import { type Family, toBlock } from "../../shared/ip-block.ts";
import type { Network } from "../../shared/objects/types.ts";
import { WideMap } from "./wide-map.ts";

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

interface TakeOptions {
  readonly cursors: AddressCursors;
  readonly grow: Grow;
}

type Claims = readonly (Held & { readonly networkId: string })[];

const NO_CLAIMS: Claims = [];

/**
 * Who has which address: what hosts have, services, and tasks that are not over. Derived from the store's committed
 * objects and kept up to date with them, so a new leader knows exactly what the old one knew, and no address can leak.
 *
 * Invariant: an address is in use as often as somebody claims it, and once more while it is tried.
 */
export class AddressBook {
  readonly #shelves = new Map<string, Shelf>();
  /** What each holder claims, by network: a network's blocks may come, and change, after its addresses. */
  readonly #claims = new Map<string, WideMap<readonly Held[]>>();
  /** The networks on which a holder claims something. */
  readonly #networksOf = new WideMap<readonly string[]>();
  readonly #tried: { readonly networkId: NetworkId; readonly held: Held }[] = [];
  /** Networks that this pass changes, as they were. */
  readonly #before = new Map<NetworkId, { readonly network: Network | undefined; readonly spaces: number }>();

  /** Takes in what the store says of a network. */
  lookAtNetwork(networkId: string, network: Network | undefined): void {
    this.#shelves.delete(networkId);
    if (network === undefined) return;
    const shelf = { network, spaces: network.subnets.flatMap((subnet) => spaceOf(network, subnet)) };
    for (const all of this.#claims.get(networkId)?.values() ?? []) for (const held of all) useAll(shelf, held);
    this.#shelves.set(networkId, shelf);
  }

  /** Takes in what somebody, known by whatever name, claims now in place of all that he claimed before. */
  lookAtHolder(holder: string, claims: Claims = NO_CLAIMS): void {
    const before = this.#networksOf.get(holder) ?? [];
    if (before.length === 0 && claims.length === 0) return;
    // Reading comes first: whoever cannot be read leaves no half of a claim.
    const now = claims.map(({ networkId, address, address6 }) => [networkId, { address, address6 }] as const);
    for (const networkId of before) this.#withdraw(holder, networkId);
    for (const [networkId, held] of now) this.#claim(holder, networkId, held);
    if (now.length === 0) this.#networksOf.delete(holder);
    else
      this.#networksOf.set(
        holder,
        now.map(([networkId]) => networkId),
      );
  }

  /** A network as it will be after this pass, so that it and its first addresses come in one step. */
  tryNetwork(network: Network): void {
    this.#remember(network.id);
    this.lookAtNetwork(network.id, network);
    const shelf = this.#shelves.get(network.id);
    for (const { networkId, held } of this.#tried) if (shelf?.network.id === networkId) useAll(shelf, held);
  }

  /** Takes back all that this pass took: what comes of it, commits will say. */
  takeBack(): void {
    for (const { networkId, held } of this.#tried.splice(0)) this.#free(networkId, held);
    for (const [networkId, { network, spaces }] of this.#before) {
      const shelf = this.#shelves.get(networkId);
      // One that has only grown needs not be read again.
      if (shelf !== undefined && shelf.network === network) shelf.spaces.length = spaces;
      else this.lookAtNetwork(networkId, network);
    }
    this.#before.clear();
  }

  /** Whether the network exists and has blocks. */
  knows(networkId: NetworkId): boolean {
    return (this.#shelves.get(networkId)?.spaces.length ?? 0) > 0;
  }

  /** Free addresses with prefix length, one of each family that the network has; null when one cannot be had. */
  take(networkId: NetworkId, purpose: Purpose, { cursors, grow }: TakeOptions): Held | null {
    const shelf = this.#shelves.get(networkId);
    if (shelf === undefined) return null;
    const takeOf = (family: Family): string | null => this.#takeOf(shelf, family, purpose, { cursors, grow });
    const address = takeOf(4);
    if (address === null) return null;
    const address6 = shelf.network.spec.ipv6 ? takeOf(6) : "";
    const held = { address, address6: address6 ?? "" };
    if (address6 === null) {
      this.#free(networkId, held);
      return null;
    }
    this.#tried.push({ networkId, held });
    return held;
  }

  /**
   * Like `take`, but with these addresses (without prefix length, "" = any): null when one of them is taken, or lies
   * in no block of the network.
   */
  takeThese(networkId: NetworkId, wished: Held, options: TakeOptions): Held | null {
    const shelf = this.#shelves.get(networkId);
    if (shelf === undefined) return null;
    const held = { address: takeThis(shelf, 4, wished.address), address6: takeThis(shelf, 6, wished.address6) };
    if (held.address === null || held.address6 === null) {
      this.#free(networkId, { address: held.address ?? "", address6: held.address6 ?? "" });
      return null;
    }
    const needs6 = shelf.network.spec.ipv6 && wished.address6 === "";
    const address = wished.address === "" ? this.#takeOf(shelf, 4, "task", options) : held.address;
    const address6 = needs6 ? this.#takeOf(shelf, 6, "task", options) : held.address6;
    const both = { address: address ?? "", address6: address6 ?? "" };
    if (address === null || address6 === null) {
      this.#free(networkId, both);
      return null;
    }
    this.#tried.push({ networkId, held: both });
    return both;
  }

  /** Gives back what was taken in this pass and then not needed. */
  release(networkId: NetworkId, { address, address6 }: Held): void {
    const at = this.#tried.findLastIndex(
      ({ networkId: id, held }) => id === networkId && held.address === address && held.address6 === address6,
    );
    if (at < 0) return;
    this.#tried.splice(at, 1);
    this.#free(networkId, { address, address6 });
  }

  /** How full the network is, for people: "10.0.0.0/24: 190 of 190 addresses in use". */
  describe(networkId: NetworkId, purpose: Purpose): string {
    const spaces = this.#shelves.get(networkId)?.spaces ?? [];
    const counts = spaces.map((space) => space.count(purpose));
    const [inUse, all] = [sum(counts.map((count) => count.inUse)), sum(counts.map((count) => count.all))];
    return `${spaces.map(({ cidr }) => cidr).join(", ")}: ${inUse} of ${all} addresses in use`;
  }

  #takeOf(shelf: Shelf, family: Family, purpose: Purpose, { cursors, grow }: TakeOptions): string | null {
    const found = search(shelf, family, purpose, cursors);
    if (found !== null) return found;
    const { id } = shelf.network;
    const grown = grow(id, family);
    if (grown === null) return null;
    this.#remember(id);
    const known = new Set(shelf.spaces.map(({ cidr }) => cidr));
    const fresh = grown.subnets.filter(({ cidr }) => !known.has(cidr));
    for (const subnet of fresh) shelf.spaces.push(...spaceOf(grown, subnet));
    return search(shelf, family, purpose, cursors);
  }

  #remember(networkId: NetworkId): void {
    const shelf = this.#shelves.get(networkId);
    if (!this.#before.has(networkId)) {
      this.#before.set(networkId, { network: shelf?.network, spaces: shelf?.spaces.length ?? 0 });
    }
  }

  #claim(holder: string, networkId: string, held: Held): void {
    const holders = this.#claims.get(networkId) ?? new WideMap<readonly Held[]>();
    this.#claims.set(networkId, holders);
    holders.set(holder, [...(holders.get(holder) ?? []), held]);
    const shelf = this.#shelves.get(networkId);
    if (shelf !== undefined) useAll(shelf, held);
  }

  #withdraw(holder: string, networkId: string): void {
    const holders = this.#claims.get(networkId);
    const all = holders?.get(holder);
    if (holders === undefined || all === undefined) return;
    holders.delete(holder);
    if (holders.size === 0) this.#claims.delete(networkId);
    for (const held of all) this.#free(networkId, held);
  }

  #free(networkId: string, held: Held): void {
    for (const space of this.#shelves.get(networkId)?.spaces ?? []) {
      const offset = offsetIn(space, held);
      if (offset !== null) space.free(offset);
    }
  }
}

function useAll({ spaces }: Shelf, held: Held): void {
  for (const space of spaces) {
    const offset = offsetIn(space, held);
    if (offset !== null) space.use(offset);
  }
}

/** With its prefix length; "" when none is wished, null when it cannot be had. */
function takeThis({ spaces }: Shelf, family: Family, wished: string): string | null {
  if (wished === "") return "";
  for (const space of spaces) {
    const offset = space.family === family ? space.offsetOf(wished) : null;
    if (offset === null || space.isUsed(offset)) continue;
    space.use(offset);
    return space.at(offset);
  }
  return null;
}

function offsetIn(space: AddressSpace, { address, address6 }: Held): number | null {
  return space.offsetOf(space.family === 4 ? address : address6);
}

// On ingress nobody has a virtual address: its published ports are on every host anyway.
function spaceOf({ spec }: Network, subnet: Network["subnets"][number]): readonly AddressSpace[] {
  const block = toBlock(subnet.cidr);
  // Nor is anything given away in its block of IPv6.
  if (block === null || (block.family === 6 && !spec.ipv6)) return [];
  return [new AddressSpace(subnet, block, !spec.ingress)];
}

function search({ network, spaces }: Shelf, family: Family, purpose: Purpose, cursors: AddressCursors): string | null {
  for (const space of spaces) {
    const { first, last } = space.rangeOf(purpose);
    const size = last - first + 1;
    if (space.family !== family || size <= 0) continue;
    const key = `${network.id} ${space.cidr} ${purpose}`;
    const cursor = cursors.get(key) ?? space.highest(purpose);
    for (let step = 1; step <= size; step++) {
      const offset = first + ((((cursor - first + step) % size) + size) % size);
      if (space.isUsed(offset)) continue;
      space.use(offset);
      cursors.set(key, offset);
      return space.at(offset);
    }
  }
  return null;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
