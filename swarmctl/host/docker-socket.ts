import type { Cli } from "../cli.ts";

/** Where swarmd serves Docker's API on this host, as DOCKER_HOST names it; null = on no socket. */
export async function ownDockerSocket(cli: Cli): Promise<string | null> {
  const local = await cli.api.local();
  const { dockerApiAddresses } = await local.info({}, { signal: cli.signal });
  return dockerApiAddresses.find((address) => address.startsWith("unix://")) ?? null;
}
