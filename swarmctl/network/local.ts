import { SwarmError } from "../../shared/errors.ts";
import type { LocalNetwork } from "../../shared/rpc/gen/networks.ts";
import type { Cli } from "../cli.ts";

/** A network of this host alone; null = it has none that is called so. @throws SwarmError other than notFound. */
export async function findLocal(cli: Cli, ref: string): Promise<LocalNetwork | null> {
  const networks = await cli.api.networks();
  return (await orNull(() => networks.inspect({ ref }, { signal: cli.signal })))?.network ?? null;
}

/**
 * Whether a container of this host's own is meant that is to join or leave a network of the swarm: a service that is
 * called so goes first, as networks of the swarm are first of all for services.
 */
export async function isOwnContainer(cli: Cli, ref: string): Promise<boolean> {
  const control = await cli.api.control();
  const service = await ofSwarm(() => orNull(() => control.getService({ ref }, { signal: cli.signal })));
  if (service !== null) return false;
  const containers = await cli.api.containers();
  const found = await orNull(() => containers.inspect({ ref, sizes: false }, { signal: cli.signal }));
  return found !== null && found.container?.summary?.taskId === "";
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
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
