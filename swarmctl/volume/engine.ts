import type { HostServices, HostTarget } from "../../shared/rpc/light/host-services.ts";
import type { Cli } from "../cli.ts";
import { nodeRef } from "../names.ts";
import { engineOf } from "../stream/place.ts";

/** Removing many files from a slow disk, or adding up their sizes, takes minutes. */
export const LONG_CALL_MS = 10 * 60_000;

/** The engine whose volumes are meant: this host's, or that of `--node`. Dispose it. */
export async function volumeEngine(cli: Cli, node: string | undefined): Promise<HostServices> {
  return await engineOf(cli, { target: await targetOf(cli, node) });
}

async function targetOf(cli: Cli, node: string | undefined): Promise<HostTarget> {
  if (node === undefined) return { kind: "here" };
  const hosts = await cli.api.hosts();
  const { nodeId } = await hosts.find({ node: await nodeRef(cli, node) }, { signal: cli.signal });
  return { kind: "node", nodeId };
}
