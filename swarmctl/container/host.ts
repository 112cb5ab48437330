import type { ContainersClient } from "../api.ts";
import type { Cli } from "../cli.ts";
import { engineOf } from "../stream/place.ts";

/**
 * The containers of this host, or of the one that `--node` names, by way of the managers.
 * @throws SwarmError notFound.
 */
export async function containersOf(
  cli: Cli,
  flags: { text(name: "node"): string | undefined },
): Promise<ContainersClient> {
  const node = flags.text("node");
  if (node === undefined) return await cli.api.containers();
  const hosts = await cli.api.hosts();
  const { nodeId } = await hosts.find({ node }, { signal: cli.signal });
  return (await engineOf(cli, { target: { kind: "node", nodeId } })).containers;
}
