import { SwarmError } from "../../shared/errors.ts";
import { addressAt, overlaps, parseAddress, sizeOf } from "../../shared/ipv4.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";

/**
 * Where the host-local network of tasks without ingress ports may lie, best first. Each host chooses for itself; the
 * addresses never leave it. Rarely used corners of the private ranges, away from where others allocate from below.
 */
export const EGRESS_SUBNETS = [
  "172.31.240.0/20",
  "172.31.224.0/20",
  "172.30.240.0/20",
  "192.168.240.0/20",
  "10.255.240.0/20",
  "100.127.240.0/20",
] as const;

/**
 * The block of IPv6 beside it, of which tasks have the addresses that go with theirs of IPv4. The same on every host,
 * as its addresses leave none; chosen by us out of fd00::/8 (RFC 4193), so that nobody else has it.
 */
export const EGRESS_SUBNET6 = "fd73:7761:726d::/64";

/** The block's first usable address, which the host itself has. */
export function egressGateway(subnet: string): string {
  return addressAt(subnet, 1);
}

/**
 * The first block that touches nothing the host can already reach.
 * @throws SwarmError resourceExhausted when none is free.
 */
export function chooseEgressSubnet(taken: readonly string[]): string {
  const free = EGRESS_SUBNETS.find((subnet) => !taken.some((other) => overlaps(subnet, other)));
  if (free === undefined)
    throw new SwarmError(
      "resourceExhausted",
      `every block for tasks' way out (${EGRESS_SUBNETS.join(", ")}) overlaps a route of this host`,
    );
  return free;
}

/**
 * A task has its name server and its way out in the host's own block: a network with those addresses would hide them.
 * @throws SwarmError failedPrecondition, naming the network and both blocks.
 */
export function checkClearOfEgress(
  egressSubnet: string,
  networks: readonly { readonly networkId: string }[],
  tables: readonly NetworkTable[],
): void {
  const ids = new Set(networks.map(({ networkId }) => networkId));
  for (const { network } of tables) {
    if (network === null || !ids.has(network.id)) continue;
    const clash = network.subnets.find(({ cidr }) => !cidr.includes(":") && overlaps(cidr, egressSubnet));
    if (clash === undefined) continue;
    const name = network.spec?.annotations?.name ?? network.id;
    throw new SwarmError(
      "failedPrecondition",
      `network ${name} (${clash.cidr}) overlaps with ${egressSubnet}, which this host needs for its tasks' names and ` +
        "way out: make the network with another subnet",
    );
  }
}

/**
 * The next free address after `last` (or the first), going round. Not the lowest: an address that was just given back
 * still has connections in the kernel's table.
 * @throws SwarmError resourceExhausted when all are taken.
 */
export function nextEgressAddress(subnet: string, taken: ReadonlySet<string>, last: string | null): string {
  const first = parseAddress(addressAt(subnet, 0));
  // Network address, gateway and broadcast address are not for tasks.
  const offsets = { min: 2, count: sizeOf(subnet) - 3 };
  const start = last === null ? 0 : parseAddress(last) - first - offsets.min + 1;
  for (let step = 0; step < offsets.count; step++) {
    const offset = offsets.min + ((start + step) % offsets.count);
    const address = addressAt(subnet, offset);
    if (!taken.has(address)) return address;
  }
  throw new SwarmError("resourceExhausted", `no free address left in this host's egress network ${subnet}`);
}
