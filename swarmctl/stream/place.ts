import type { FindHostResponse } from "../../shared/rpc/gen/hosts.ts";
import { type ContainerPlace, findContainer } from "../../shared/rpc/light/find-container.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Cli } from "../cli.ts";

/**
 * Where the container is that a person means: on the node that was given, or else as `findContainer` says.
 * @throws SwarmError notFound
 */
export async function placeOf(cli: Cli, ref: string, node: string | undefined): Promise<ContainerPlace> {
  if (node !== undefined) {
    const hosts = await cli.api.hosts();
    const { nodeId, hostname } = await hosts.find({ node }, { signal: cli.signal });
    return { target: { kind: "node", nodeId }, container: ref, hostname };
  }
  await using engine = await engineOf(cli, { target: { kind: "here" } });
  const findHost = async (task: string): Promise<FindHostResponse> => {
    const hosts = await cli.api.hosts();
    return await hosts.find({ task }, { signal: cli.signal });
  };
  return await findContainer({ streams: engine.streams, findHost }, ref, cli.signal);
}

/** The engine of a place; dispose it to give its calls up. */
export async function engineOf(cli: Cli, { target }: Pick<ContainerPlace, "target">): Promise<HostServices> {
  const { hostServices } = await import("../../shared/rpc/light/host-services.ts");
  return hostServices(cli.api.socketPath, target);
}
