import { chooseBlock, chooseBlock6 } from "../../../shared/choose-block.ts";
import { SwarmError } from "../../../shared/errors.ts";
import { type Family, formatBlock, formatIp, type IpBlock, toBlock } from "../../../shared/ip-block.ts";
import { isPredefined } from "../../../shared/objects/network.ts";
import type { NetworkSpec } from "../../../shared/objects/types.ts";
import type { LocalNetwork } from "../../../shared/rpc/gen/networks.ts";
import type { NetworkSubnet } from "../../../shared/rpc/gen/objects.ts";
import { check } from "../../../shared/spec-checks/refuse.ts";
import { takeNewNetwork } from "../../../shared/spec-checks/validate-network.ts";

/**
 * Where local networks get their IPv4 blocks from: the private range in which Docker's lie as well, without the corners
 * at its end where a host chooses the block of its way out (worker/network/egress.ts). Room for 768 networks.
 */
const POOLS: readonly IpBlock[] = ["172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/14", "172.28.0.0/15"].flatMap(
  (cidr) => toBlock(cidr) ?? [],
);
/** Room for 1,021 containers. */
const PREFIX = 22;

/**
 * A local network as it is kept, with its blocks chosen. `taken`: blocks that the host can reach otherwise, or that
 * other networks have.
 * @throws SwarmError invalidArgument; resourceExhausted when no block is free.
 */
export function newLocalNetwork(
  asked: NetworkSpec,
  about: { readonly id: string; readonly createdAtMs: number; readonly taken: readonly IpBlock[] },
): LocalNetwork {
  const spec = takeNewNetwork({ ...asked, driver: asked.driver || "bridge" });
  const { name } = spec.annotations;
  check(spec.driver === "bridge", `a network of one host has the driver bridge, and not ${spec.driver}`);
  check(!isPredefined(spec), `operation is not permitted on predefined ${name} network`);
  const families: readonly Family[] = spec.ipv6 ? [4, 6] : [4];
  const given = spec.subnets.map(withGateway);
  const missing = families.filter((family) => !given.some(({ cidr }) => toBlock(cidr)?.family === family));
  const chosen = missing.map((family) => {
    const block =
      family === 4 ? chooseBlock(POOLS, PREFIX, about.taken) : chooseBlock6(about.id, about.id, about.taken);
    if (block !== null) return withGateway({ cidr: formatBlock(block), gateway: "", ipRange: "", auxiliary: {} });
    throw new SwarmError(
      "resourceExhausted",
      `no block of addresses is left for network ${name} on this host: give one by --subnet, or remove networks`,
    );
  });
  const { id, createdAtMs } = about;
  return { id, createdAtMs, spec, subnets: [...chosen, ...given], members: [], users: 0 };
}

/** The gateway is the first usable address, unless people chose one. */
function withGateway(subnet: NetworkSubnet): NetworkSubnet {
  const block = toBlock(subnet.cidr);
  if (subnet.gateway !== "" || block === null) return subnet;
  return { ...subnet, gateway: formatIp(block.family, block.first + 1n) };
}
