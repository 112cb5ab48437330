import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { ContainersClient } from "../api.ts";
import type { Cli } from "../cli.ts";
import { engineOf } from "../stream/place.ts";

/** The engine of this host, or of the one that `--node` names. Dispose it. @throws SwarmError notFound. */
export async function engineOfNode(cli: Cli, node: string | undefined): Promise<HostServices> {
  if (node === undefined) return await engineOf(cli, { target: { kind: "here" } });
  const hosts = await cli.api.hosts();
  const { nodeId } = await hosts.find({ node }, { signal: cli.signal });
  return await engineOf(cli, { target: { kind: "node", nodeId } });
}

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
  return (await engineOfNode(cli, node)).containers;
}
