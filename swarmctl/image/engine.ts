import type { HostServices, HostTarget } from "../../shared/rpc/light/host-services.ts";
import type { Cli } from "../cli.ts";
import { nodeRef } from "../names.ts";

/** The engine whose images are meant: this host's, or that of `--node`. Dispose it. */
export async function imageEngine(cli: Cli, node: string | undefined): Promise<HostServices> {
  return await engineAt(cli, await targetOf(cli, node));
}

export async function engineAt(cli: Cli, target: HostTarget): Promise<HostServices> {
  const { hostServices } = await import("../../shared/rpc/light/host-services.ts");
  return hostServices(cli.api.socketPath, target);
}

async function targetOf(cli: Cli, node: string | undefined): Promise<HostTarget> {
  if (node === undefined) return { kind: "here" };
  const hosts = await cli.api.hosts();
  const { nodeId } = await hosts.find({ node: await nodeRef(cli, node) }, { signal: cli.signal });
  return { kind: "node", nodeId };
}

/** A node of the swarm that can be asked now. */
export interface UpNode {
  readonly id: string;
  readonly name: string;
}

/** All nodes that are up, by name. */
export async function upNodes(cli: Cli): Promise<readonly UpNode[]> {
  const control = await cli.api.control();
  const { nodes } = await control.listNodes({}, { signal: cli.signal });
  return nodes
    .filter(({ status }) => status?.state === "READY")
    .map(({ id, description }) => ({ id, name: description?.hostname ?? id }));
}

/** Removing large images from a slow disk takes minutes. */
export const LONG_CALL_MS = 10 * 60_000;
