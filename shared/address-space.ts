import { blockSize, type Family, formatIp, hostBlock, type IpBlock, toBlock } from "./ip-block.ts";
import { toCidr } from "./ipv4.ts";
import type { NetworkSubnet } from "./rpc/gen/objects.ts";

/** What an address is for. The two never meet, so that none changes from one use to the other. */
export type Purpose = "task" | "service";

/** Offsets of a block that may be given away for a purpose; empty when last < first. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

/** Larger blocks, which only IPv6 has, are used as far as this: more than a network ever has tasks. */
const OFFSETS_MAX = 2 ** 24;
/** The share of a block that virtual addresses come from, at its end. */
const SERVICE_SHARE = 4;

/** Offsets that share a page: 256. */
const PAGE_BITS = 8;

/** One block of a network, whose addresses are known by their offset from its start. */
export class AddressSpace {
  readonly family: Family;
  readonly cidr: string;
  /**
   * How often each offset is in use: nobody gives one twice, but people may write what they want. By pages: one map of
   * all would copy a hundred thousand entries at once whenever it has become too small.
   */
  readonly #pages = new Map<number, Map<number, number>>();
  readonly #block: IpBlock;
  readonly #ranges: { readonly [Use in Purpose]: OffsetRange };

  /** `withServices`: its end is kept for virtual addresses. The gateway and auxiliary addresses count as used. */
  constructor(subnet: NetworkSubnet, block: IpBlock, withServices: boolean) {
    this.#block = block;
    this.family = block.family;
    this.cidr = subnet.cidr;
    const whole = rangeOf(block, toBlock(subnet.ipRange));
    const size = whole.last - whole.first + 1;
    const services = withServices ? Math.max(1, Math.floor(size / SERVICE_SHARE)) : 0;
    this.#ranges = {
      task: { first: whole.first, last: whole.last - services },
      service: { first: whole.last - services + 1, last: whole.last },
    };
    for (const address of [subnet.gateway, ...Object.values(subnet.auxiliary)]) {
      const offset = this.offsetOf(address);
      if (offset !== null) this.use(offset);
    }
  }

  isUsed(offset: number): boolean {
    return this.#pages.get(offset >>> PAGE_BITS)?.has(offset) === true;
  }

  use(offset: number): void {
    let page = this.#pages.get(offset >>> PAGE_BITS);
    if (page === undefined) {
      page = new Map();
      this.#pages.set(offset >>> PAGE_BITS, page);
    }
    page.set(offset, (page.get(offset) ?? 0) + 1);
  }

  /** Ends one use. */
  free(offset: number): void {
    const page = this.#pages.get(offset >>> PAGE_BITS);
    const uses = (page?.get(offset) ?? 0) - 1;
    if (uses > 0) page?.set(offset, uses);
    else page?.delete(offset);
    if (page?.size === 0) this.#pages.delete(offset >>> PAGE_BITS);
  }

  /** The highest offset in use for a purpose, or the one before its first. */
  highest(purpose: Purpose): number {
    const { first, last } = this.#ranges[purpose];
    let max = first - 1;
    for (const offset of this.#offsets()) if (offset > max && offset <= last) max = offset;
    return max;
  }

  rangeOf(purpose: Purpose): OffsetRange {
    return this.#ranges[purpose];
  }

  /** The address at an offset, with the block's prefix length. */
  at(offset: number): string {
    return `${formatIp(this.family, this.#block.first + BigInt(offset))}/${this.#block.prefix}`;
  }

  /** The offset of an address, with or without prefix length; null when it lies outside. */
  offsetOf(address: string): number | null {
    if (this.family === 4) return this.#offset4(address);
    const host = address === "" ? null : hostBlock(address);
    if (host?.family !== 6) return null;
    const offset = host.first - this.#block.first;
    return offset < 0n || offset >= BigInt(OFFSETS_MAX) || offset >= blockSize(this.#block) ? null : Number(offset);
  }

  // Asked for every task of the cluster when a leader begins, so in plain numbers.
  #offset4(address: string): number | null {
    const value = toCidr(address)?.address;
    if (value === undefined) return null;
    const offset = value - Number(this.#block.first);
    return offset < 0 || offset >= 2 ** (32 - this.#block.prefix) ? null : offset;
  }

  /** How many addresses of a purpose there are, and how many of these are in use. */
  count(purpose: Purpose): { readonly all: number; readonly inUse: number } {
    const { first, last } = this.#ranges[purpose];
    let [all, inUse] = [Math.max(0, last - first + 1), 0];
    for (const offset of this.#offsets()) if (offset >= first && offset <= last) inUse++;
    return { all, inUse };
  }

  /** In use. */
  *#offsets(): Generator<number> {
    for (const page of this.#pages.values()) yield* page.keys();
  }
}

/**
 * The offsets that may be given: all of the block, or of the part that people chose. The network's own address, the
 * first one, where a gateway sits, and IPv4's last one, to everybody, are kept.
 */
function rangeOf(block: IpBlock, part: IpBlock | null): OffsetRange {
  const size = Number(blockSize(block) > BigInt(OFFSETS_MAX) ? BigInt(OFFSETS_MAX) : blockSize(block));
  const end = block.family === 4 ? size - 2 : size - 1;
  if (part === null || part.family !== block.family || part.first < block.first) return { first: 2, last: end };
  const from = Number(part.first - block.first);
  const length = blockSize(part) > BigInt(OFFSETS_MAX) ? OFFSETS_MAX : Number(blockSize(part));
  return { first: Math.max(from, 1), last: Math.min(from + length - 1, end) };
}
