import type { Network } from "../../shared/objects/types.ts";
import type { ListNetworksRequest } from "../../shared/rpc/gen/control.ts";
import { type ApiContext, readCommitted } from "./api-context.ts";
import { isAskedFor } from "./filters.ts";
import { findObject } from "./reference.ts";

export async function getNetwork(api: ApiContext, ref: string): Promise<Network> {
  return findObject(await readCommitted(api), "network", ref);
}

export async function listNetworks(api: ApiContext, filter: ListNetworksRequest): Promise<readonly Network[]> {
  const view = await readCommitted(api);
  return view.all("network").filter((network) => isAskedFor("network", network, filter));
}
