import { type FaultCode, SwarmError } from "../../shared/errors.ts";
import type { HostServices, HostTarget } from "../../shared/rpc/light/host-services.ts";
import type { Cli } from "../cli.ts";

/** A container somewhere in the swarm, with the engine of its host. */
export interface Place {
  readonly target: HostTarget;
  /** How that engine is asked for the container. */
  readonly container: string;
  /** Its name; "" = this one. */
  readonly hostname: string;
}

/** What says that this host cannot tell where a container is, rather than that there is none. */
const CANNOT_TELL: ReadonlySet<FaultCode> = new Set(["failedPrecondition", "unavailable", "notFound"]);

/**
 * Where the container is that a person means: on the node that was given; on this host, if it has one that runs, or one
 * without a task; wherever the managers say.
 * @throws SwarmError notFound
 */
export async function placeOf(cli: Cli, ref: string, node: string | undefined): Promise<Place> {
  if (node !== undefined) {
    const hosts = await cli.api.hosts();
    const { nodeId, hostname } = await hosts.find({ node }, { signal: cli.signal });
    return { target: { kind: "node", nodeId }, container: ref, hostname };
  }
  const here: Place = { target: { kind: "here" }, container: ref, hostname: "" };
  const own = await locateHere(cli, ref);
  if (own !== null && (own.running || own.taskId === "")) return here;
  try {
    const hosts = await cli.api.hosts();
    const { nodeId, taskId, hostname } = await hosts.find({ task: ref }, { signal: cli.signal });
    return { target: { kind: "node", nodeId }, container: taskId, hostname };
  } catch (error) {
    if (!(error instanceof SwarmError) || !CANNOT_TELL.has(error.code)) throw error;
    if (own !== null) return here;
    if (error.code !== "failedPrecondition") throw error;
    const sentence = `No such container on this host: ${ref} (only managers reach the containers of other hosts)`;
    throw new SwarmError("notFound", sentence, { cause: error });
  }
}

/** The engine of a place; dispose it to give its calls up. */
export async function engineOf(cli: Cli, { target }: Pick<Place, "target">): Promise<HostServices> {
  const { hostServices } = await import("../../shared/rpc/light/host-services.ts");
  return hostServices(cli.api.socketPath, target);
}

/** null = this host has no such container. */
async function locateHere(cli: Cli, container: string): Promise<{ running: boolean; taskId: string } | null> {
  await using engine = await engineOf(cli, { target: { kind: "here" } });
  try {
    return await engine.streams.locate({ container }, { signal: cli.signal });
  } catch (error) {
    if (error instanceof SwarmError && error.code === "notFound") return null;
    throw error;
  }
}
