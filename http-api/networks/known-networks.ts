import { SwarmError } from "../../shared/errors.ts";
import { predefinedNetworks } from "../../shared/objects/local-network.ts";
import { driverOf, scopeOf } from "../../shared/objects/network.ts";
import type { LocalNetwork } from "../../shared/rpc/gen/networks.ts";
import type { Network } from "../../shared/rpc/gen/objects.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Call } from "../route.ts";

/** A network as one of two services has it. */
export type Known =
  | { readonly kind: "local"; readonly network: LocalNetwork }
  /** Also those that every host has. */
  | { readonly kind: "swarm"; readonly network: Network };

export function networksHere({ backend }: Pick<Call, "backend">): HostServices["networks"] {
  return backend.engine({ kind: "here" }).networks;
}

/** What managers answer; null on a host that is none, which has its own networks alone. */
export async function ofSwarm<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SwarmError && error.code === "failedPrecondition") return null;
    throw error;
  }
}

/** Every network that this host knows. */
export async function allNetworks({ backend, signal }: Call): Promise<readonly Known[]> {
  const [ofManagers, local] = await Promise.all([
    ofSwarm(() => backend.control.listNetworks({}, { signal })),
    networksHere({ backend }).list({}, { signal }),
  ]);
  const others = ofManagers?.networks ?? predefinedNetworks();
  return [
    ...others.map((network): Known => ({ kind: "swarm", network })),
    ...local.networks.map((network): Known => ({ kind: "local", network })),
  ];
}

/** The one that a name or id means. `scope`: only of that one; "" = of any. @throws SwarmError notFound. */
export async function findNetwork(call: Call, ref: string, scope = ""): Promise<Known> {
  const { backend, signal } = call;
  const local = await orNull(() => networksHere(call).inspect({ ref }, { signal }));
  const answer = local?.network
    ? null
    : await ofSwarm(() => orNull(() => backend.control.getNetwork({ ref }, { signal })));
  const builtIn = predefinedNetworks().find(({ id, spec }) => id === ref || spec?.annotations?.name === ref);
  const network = answer?.network ?? builtIn;
  const found: Known | null = local?.network
    ? { kind: "local", network: local.network }
    : network
      ? { kind: "swarm", network }
      : null;
  if (found !== null && (scope === "" || scope === scopeOf({ driver: driverOf(found.network.spec ?? { driver: "" }) })))
    return found;
  throw new SwarmError("notFound", `network ${ref.slice(0, 100)} not found`);
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SwarmError && error.code === "notFound") return null;
    throw error;
  }
}
