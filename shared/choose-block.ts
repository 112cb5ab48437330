import { createHash } from "node:crypto";
import { blockSize, blocksOverlap, type IpBlock } from "./ip-block.ts";

/** The first block of that size in the pools that shares no address with those taken; null = there is none. */
export function chooseBlock(pools: readonly IpBlock[], prefix: number, taken: readonly IpBlock[]): IpBlock | null {
  const sorted = taken.filter(({ family }) => family === 4).sort((a, b) => (a.first < b.first ? -1 : 1));
  for (const pool of pools) {
    if (pool.prefix > prefix) continue;
    const end = pool.first + blockSize(pool);
    const size = blockSize({ family: 4, first: 0n, prefix });
    let first = pool.first;
    for (const other of sorted) {
      if (other.first + blockSize(other) <= first) continue;
      if (other.first >= first + size) break;
      const behind = other.first + blockSize(other);
      first = behind + ((size - (behind % size)) % size);
    }
    if (first + size <= end) return { family: 4, first, prefix };
  }
  return null;
}

/** Sizes of RFC 4193: 8 bits fd, 40 of the site's own, 16 of the network, 64 of the host. */
const ULA = { family: 6, prefix: 64 } as const;
const ULA_NETWORKS = 65_536;

/** A block of IPv6 that follows from the ids of its site (a cluster, say) and network, or the next one that is free. */
export function chooseBlock6(siteId: string, networkId: string, taken: readonly IpBlock[]): IpBlock | null {
  const site = (0xfdn << 40n) | hashBits(siteId, 40);
  const begin = Number(hashBits(networkId, 16));
  const others = taken.filter(({ family }) => family === 6);
  for (let step = 0; step < ULA_NETWORKS; step++) {
    const number = BigInt((begin + step) % ULA_NETWORKS);
    const block: IpBlock = { ...ULA, first: ((site << 16n) | number) << 64n };
    if (!others.some((other) => blocksOverlap(block, other))) return block;
  }
  return null;
}

function hashBits(text: string, bits: number): bigint {
  return BigInt(`0x${createHash("sha256").update(text).digest("hex")}`) >> BigInt(256 - bits);
}
