import { SwarmError } from "../../../shared/errors.ts";
import type { LocalNetwork } from "../../../shared/rpc/gen/networks.ts";
import { type RpcHandlers, unary } from "../../../shared/rpc/handler.ts";
import type { services } from "../../../shared/rpc/schema.ts";
import type { ContainerLife } from "../containers/container-life.ts";
import type { ContainerPlaces } from "./container-places.ts";
import { type LocalNetworks, nameOf } from "./local-networks.ts";

export interface NetworkHandlersParts {
  readonly networks: LocalNetworks;
  readonly places: ContainerPlaces;
  /** @throws SwarmError notFound; failedPrecondition for a container of a task. */
  readonly lifeOf: (ref: string) => ContainerLife;
}

/** The service Networks of this host. */
export function networkHandlers({
  networks,
  places,
  lifeOf,
}: NetworkHandlersParts): RpcHandlers<typeof services.networks> {
  const shown = (network: LocalNetwork): LocalNetwork => ({
    ...network,
    members: places.membersOf(network.id),
    users: places.usersOf(network.id).all,
  });
  return {
    create: unary(async ({ spec }) => ({ network: shown(await networks.create(spec)) })),
    list: unary(async () => ({
      networks: networks
        .all()
        .map(shown)
        .sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1)),
    })),
    inspect: unary(async ({ ref }) => ({ network: shown(networks.find(ref)) })),
    remove: unary(async ({ ref }) => ({ network: await networks.remove(ref) })),
    prune: unary(async (request) => ({ removed: [...(await networks.prune(request))] })),
    connect: unary(async ({ container, endpoint }) => {
      if (endpoint === null) throw new SwarmError("invalidArgument", "the request names no network");
      const life = lifeOf(container);
      const resolved = await places.resolved(endpoint);
      await life.move((config) => places.withEndpoint(config, resolved));
      return { containerId: life.id, networkId: resolved.network };
    }),
    disconnect: unary(async ({ container, network: ref, force }) => {
      const life = lifeOf(container);
      if (!(await life.move((config) => places.withoutEndpoint(config, ref))) && !force)
        throw new SwarmError(
          "failedPrecondition",
          `container ${life.config.name} is not connected to network ${ref.slice(0, 100)}`,
        );
      return { containerId: life.id };
    }),
  };
}
