import { chooseBlock, chooseBlock6 } from "../../shared/choose-block.ts";
import type { NetworkId } from "../../shared/ids.ts";
import { blocksOverlap, type Family, formatBlock, formatIp, type IpBlock, toBlock } from "../../shared/ip-block.ts";
import { driverOf, hasAddresses, requestedVni, VNI_MAX, VNI_MIN } from "../../shared/objects/network.ts";
import type { Network } from "../../shared/objects/types.ts";
import type { NetworkSubnet } from "../../shared/rpc/gen/objects.ts";
import type { ReadView } from "../store/store-types.ts";
import { isolate, type Trouble } from "../trouble.ts";
import { addressesOfHosts, chooseIngressBlock, poolsOf } from "./block-pool.ts";

/** The last overlay number given away: the search goes on behind it. 0 = none by this leader. */
export interface VniCursor {
  last: number;
}

/** Which overlay numbers and blocks networks have, and which ones a new or a full one gets. */
export class NetworkBook {
  readonly #view: ReadView;
  readonly #cursor: VniCursor;
  readonly #vnis = new Set<number>();
  /** What a block that we choose keeps clear of: those of all networks, and hosts' addresses. */
  readonly #taken: IpBlock[] = [];
  readonly #networks = new Map<NetworkId, Network>();
  /** Why a network has not got all it needs. */
  readonly #lacks = new Map<NetworkId, string>();

  constructor(view: ReadView, cursor: VniCursor, troubles: Trouble[]) {
    this.#view = view;
    this.#cursor = cursor;
    for (const network of view.all("network")) {
      isolate(troubles, `network ${network.id}`, () => this.#claim(network), undefined);
    }
    isolate(troubles, "addresses of hosts", () => this.#taken.push(...addressesOfHosts(view.all("node"))), 0);
  }

  /** The network with all that the allocator gives it; the same object where nothing was missing. */
  settle(network: Network): Network {
    let next = network;
    if (driverOf(network.spec) === "overlay" && network.vni === 0) next = { ...next, vni: this.#giveVni(next) };
    if (hasAddresses(network.spec)) next = this.#withBlocks(next);
    this.#networks.set(network.id, next);
    return next;
  }

  /** Another block for a network whose blocks we chose; null when people chose them, or when there is none. */
  grow(networkId: NetworkId, family: Family): Network | null {
    const network = this.#networks.get(networkId);
    if (network === undefined || isChosenByPeople(network, family)) return null;
    const subnet = this.#giveBlock(network, family);
    if (subnet === null) return null;
    const grown = { ...network, subnets: [...network.subnets, subnet] };
    this.#networks.set(networkId, grown);
    return grown;
  }

  /** Why the network cannot be used yet; "" = it can. */
  whyNot(networkId: NetworkId): string {
    return this.#lacks.get(networkId) ?? "";
  }

  #claim({ vni, spec, subnets }: Network): void {
    const asked = requestedVni(spec);
    if (vni !== 0) this.#vnis.add(vni);
    else if (asked !== null) this.#vnis.add(asked);
    for (const { cidr } of [...subnets, ...spec.subnets]) this.#taken.push(...blockOf(cidr));
  }

  #giveVni({ spec }: Network): number {
    const asked = requestedVni(spec);
    if (asked !== null) return asked;
    const size = VNI_MAX - VNI_MIN + 1;
    let highest = VNI_MIN - 1;
    for (const vni of this.#vnis) highest = Math.max(highest, vni);
    const cursor = this.#cursor.last || highest;
    for (let step = 1; step <= size; step++) {
      const vni = VNI_MIN + ((cursor - VNI_MIN + step) % size);
      if (this.#vnis.has(vni)) continue;
      this.#vnis.add(vni);
      this.#cursor.last = vni;
      return vni;
    }
    return 0;
  }

  #withBlocks(network: Network): Network {
    const subnets = [...network.subnets];
    for (const asked of network.spec.subnets) {
      if (!subnets.some(({ cidr }) => cidr === canonical(asked.cidr))) subnets.push(complete(asked));
    }
    // Published ports answer over both families; on ingress, addresses of IPv6 follow from those of IPv4.
    for (const family of network.spec.ipv6 || network.spec.ingress ? ([4, 6] as const) : ([4] as const)) {
      if (subnets.some(({ cidr }) => familyOf(cidr) === family)) continue;
      const subnet = this.#giveBlock(network, family);
      if (subnet === null) this.#lacks.set(network.id, this.#whyNoBlock());
      else subnets.push(subnet);
    }
    return subnets.length === network.subnets.length ? network : { ...network, subnets };
  }

  #giveBlock(network: Network, family: Family): NetworkSubnet | null {
    const cluster = this.#view.cluster();
    const { pools, prefix } = poolsOf(cluster);
    const choose = (): IpBlock | null => {
      if (family === 6) return chooseBlock6(cluster.id, network.id, this.#taken);
      if (!network.spec.ingress) return chooseBlock(pools, prefix, this.#taken);
      const near = chooseIngressBlock(nearPools(pools, network), this.#taken);
      return near ?? chooseIngressBlock(pools, this.#taken);
    };
    const block = choose();
    if (block === null) return null;
    this.#taken.push(block);
    return toSubnet(block);
  }

  #whyNoBlock(): string {
    const { pools, prefix } = poolsOf(this.#view.cluster());
    return `no block of /${prefix} is free in ${pools.map(formatBlock).join(", ")}: make the network with --subnet`;
  }
}

/**
 * Of the pools, what is in the same /16 as the network's first block: hosts tell their neighbours on ingress apart by
 * the lower half of their addresses (worker/network/ingress.ts). None, while it has no block.
 */
function nearPools(pools: readonly IpBlock[], { subnets }: Network): readonly IpBlock[] {
  const [first] = subnets.flatMap(({ cidr }) => blockOf(cidr)).filter(({ family }) => family === 4);
  if (first === undefined) return [];
  const around: IpBlock = { family: 4, first: first.first & ~0xffffn, prefix: 16 };
  return pools.filter((pool) => blocksOverlap(pool, around)).map((pool) => (pool.prefix < 16 ? around : pool));
}

/** A block with its first usable address as the gateway. */
export function toSubnet(block: IpBlock): NetworkSubnet {
  return { cidr: formatBlock(block), gateway: formatIp(block.family, block.first + 1n), ipRange: "", auxiliary: {} };
}

/** People asked for blocks of the family, so we add none of our own. */
export function isChosenByPeople({ spec }: Network, family: Family): boolean {
  return spec.subnets.some(({ cidr }) => familyOf(cidr) === family);
}

function complete(subnet: NetworkSubnet): NetworkSubnet {
  const { cidr, gateway, ipRange, auxiliary } = subnet;
  const [block] = blockOf(cidr);
  if (block === undefined) return subnet;
  return { ...toSubnet(block), ...(gateway === "" ? {} : { gateway }), ipRange, auxiliary };
}

const familyOf = (cidr: string): Family => (cidr.includes(":") ? 6 : 4);

function blockOf(cidr: string): readonly IpBlock[] {
  return [toBlock(cidr) ?? []].flat();
}

function canonical(cidr: string): string {
  const [block] = blockOf(cidr);
  return block === undefined ? cidr : formatBlock(block);
}
