import { blocksOverlap, formatBlock, type IpBlock, toBlock } from "../../shared/ip-block.ts";
import type { Network, ServiceSpec } from "../../shared/objects/types.ts";
import { refuse } from "../../shared/spec-checks/refuse.ts";
import type { ReadView } from "../store/store-types.ts";
import { isIngress } from "../tasks/endpoint.ts";

/**
 * Networks may have the same addresses, but not for one task: it would reach only one of them, and never know which.
 * @throws SwarmError invalidArgument, naming two networks and their blocks.
 */
export function checkApart(networks: readonly Network[]): void {
  for (const [at, network] of networks.entries()) {
    for (const other of networks.slice(0, at)) {
      const [mine, its] = sharedBlocks(network, other);
      if (mine === undefined || its === undefined) continue;
      const [name, otherName] = [network.spec.annotations.name, other.spec.annotations.name];
      refuse(
        "invalidArgument",
        `networks ${otherName} (${formatBlock(its)}) and ${name} (${formatBlock(mine)}) overlap: a task cannot be on both`,
      );
    }
  }
}

/** The networks that give the tasks of a service addresses; those named that there are not are left out. */
export function networksOf(view: ReadView, { task, endpoint }: ServiceSpec): readonly Network[] {
  const named = task.networks.flatMap(({ target }) => view.get("network", target) ?? []);
  const isPublished = endpoint?.ports.some(isIngress) ?? false;
  return [...(isPublished ? view.all("network").filter(({ spec }) => spec.ingress) : []), ...named];
}

function sharedBlocks(network: Network, other: Network): readonly IpBlock[] {
  for (const mine of blocksOf(network)) {
    const its = blocksOf(other).find((block) => blocksOverlap(block, mine));
    if (its !== undefined) return [mine, its];
  }
  return [];
}

/** Those it has, and those that it was asked to have and the allocator has not entered yet. */
function blocksOf({ spec, subnets }: Network): readonly IpBlock[] {
  return [...subnets, ...spec.subnets].flatMap(({ cidr }) => toBlock(cidr) ?? []);
}
