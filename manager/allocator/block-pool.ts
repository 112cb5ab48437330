import { chooseBlock } from "../../shared/choose-block.ts";
import { SwarmError } from "../../shared/errors.ts";
import { blocksOverlap, formatBlock, hostBlock, type IpBlock, toBlock } from "../../shared/ip-block.ts";
import type { Cluster, Node } from "../../shared/objects/types.ts";

/** Docker's, where `init` was told nothing else. */
const DEFAULT_POOL = "10.0.0.0/8";
const DEFAULT_PREFIX = 24;
/**
 * Room for 4,094 hosts and tasks with published ports; Docker's /24 is full at 254, the first thing large swarms hit.
 */
export const INGRESS_PREFIX = 20;

type Pools = Pick<Cluster, "defaultAddressPools" | "defaultSubnetPrefix">;

/** Where networks get their IPv4 blocks from, and how large these are. */
export function poolsOf({ defaultAddressPools, defaultSubnetPrefix }: Pools): {
  readonly pools: readonly IpBlock[];
  readonly prefix: number;
} {
  const texts = defaultAddressPools.length === 0 ? [DEFAULT_POOL] : defaultAddressPools;
  return { pools: texts.flatMap((text) => toBlock(text) ?? []), prefix: defaultSubnetPrefix || DEFAULT_PREFIX };
}

/** A network smaller than this has no room for a gateway, a virtual address and a few tasks. */
const PREFIX_MAX = 29;
/** Larger ones are nobody's own, and hold addresses that mean no host. */
const POOL_PREFIX_MIN = 8;
const POOLS_MAX = 64;

/**
 * What people may choose at `init`; nothing and 0 are the defaults.
 * @throws SwarmError invalidArgument.
 */
export function checkPools(texts: readonly string[], prefix: number): void {
  const invalid = (sentence: string): SwarmError => new SwarmError("invalidArgument", sentence);
  if (texts.length > POOLS_MAX)
    throw invalid(`${texts.length} default address pools are too many: at most ${POOLS_MAX}`);
  if (prefix !== 0 && !(Number.isInteger(prefix) && prefix >= POOL_PREFIX_MIN && prefix <= PREFIX_MAX)) {
    throw invalid(
      `invalid default address pool mask length ${prefix}: it must be in ${POOL_PREFIX_MIN}..${PREFIX_MAX}`,
    );
  }
  const blocks: IpBlock[] = [];
  for (const text of texts) {
    const block = toBlock(text);
    const quoted = JSON.stringify(text.slice(0, QUOTED_MAX));
    if (block === null || block.family !== 4 || block.first !== hostBlock(text)?.first) {
      throw invalid(`invalid default address pool ${quoted}: expected an IPv4 block such as 10.20.0.0/16`);
    }
    if (block.prefix < POOL_PREFIX_MIN)
      throw invalid(`default address pool ${text} is too large: at most a /${POOL_PREFIX_MIN}`);
    if (block.prefix > (prefix || DEFAULT_PREFIX)) {
      throw invalid(
        `default address pool ${text} is too small for networks of /${prefix || DEFAULT_PREFIX}: see --default-addr-pool-mask-length`,
      );
    }
    const clash = blocks.find((other) => blocksOverlap(other, block));
    if (clash !== undefined) throw invalid(`default address pools ${formatBlock(clash)} and ${text} overlap`);
    blocks.push(block);
  }
}

const QUOTED_MAX = 100;

/** The ingress network's block: large, unless every pool is smaller. */
export function chooseIngressBlock(pools: readonly IpBlock[], taken: readonly IpBlock[]): IpBlock | null {
  const widest = Math.min(...pools.map(({ prefix }) => prefix));
  return chooseBlock(pools, Math.max(INGRESS_PREFIX, widest), taken);
}

/** Addresses by which hosts reach each other: a network on top of one would cut its tasks off from that host. */
export function addressesOfHosts(nodes: readonly Node[]): readonly IpBlock[] {
  const texts = nodes.flatMap(({ status, description }) => [status.address, description?.dataPathAddress ?? ""]);
  return [...new Set(texts)].flatMap((text) => hostBlock(text) ?? []);
}
