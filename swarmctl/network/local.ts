import { SwarmError } from "../../shared/errors.ts";
import type { LocalNetwork } from "../../shared/rpc/gen/networks.ts";
import type { Cli } from "../cli.ts";

/** A network of this host alone; null = it has none that is called so. @throws SwarmError other than notFound. */
export async function findLocal(cli: Cli, ref: string): Promise<LocalNetwork | null> {
  const networks = await cli.api.networks();
  try {
    return (await networks.inspect({ ref }, { signal: cli.signal })).network;
  } catch (error) {
    if (error instanceof SwarmError && error.code === "notFound") return null;
    throw error;
  }
}

/** What asks the managers; null on a host that is no manager, or in no swarm: then it has its own networks alone. */
export async function ofSwarm<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SwarmError && error.code === "failedPrecondition") return null;
    throw error;
  }
}
