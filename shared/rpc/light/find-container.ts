import { type FaultCode, SwarmError } from "../../errors.ts";
import type { FindHostResponse } from "../gen/hosts.ts";
import type { HostServices, HostTarget } from "./host-services.ts";

/** A container somewhere in the swarm. */
export interface ContainerPlace {
  readonly target: HostTarget;
  /** How the engine of its host is asked for the container. */
  readonly container: string;
  /** Its host's name; "" = this one. */
  readonly hostname: string;
}

/** What says that this host cannot tell where a container is, rather than that there is none. */
const CANNOT_TELL: ReadonlySet<FaultCode> = new Set(["failedPrecondition", "unavailable", "notFound"]);

/**
 * Where the container is that a person means: on this host, if it has one that runs, or one without a task; wherever
 * the managers say.
 * @throws SwarmError notFound
 */
export async function findContainer(
  {
    streams,
    findHost,
  }: {
    readonly streams: Pick<HostServices["streams"], "locate">;
    /** Asks the managers which host runs a task. */
    readonly findHost: (task: string) => Promise<FindHostResponse>;
  },
  ref: string,
  signal: AbortSignal,
): Promise<ContainerPlace> {
  const here: ContainerPlace = { target: { kind: "here" }, container: ref, hostname: "" };
  const own = await locateHere(streams, ref, signal);
  if (own !== null && (own.running || own.taskId === "")) return here;
  try {
    const { nodeId, taskId, hostname } = await findHost(ref);
    return { target: { kind: "node", nodeId }, container: taskId, hostname };
  } catch (error) {
    if (!(error instanceof SwarmError) || !CANNOT_TELL.has(error.code)) throw error;
    if (own !== null) return here;
    if (error.code !== "failedPrecondition") throw error;
    const sentence = `No such container on this host: ${ref} (only managers reach the containers of other hosts)`;
    throw new SwarmError("notFound", sentence, { cause: error });
  }
}

/** null = this host has no such container. */
async function locateHere(
  streams: Pick<HostServices["streams"], "locate">,
  container: string,
  signal: AbortSignal,
): Promise<{ readonly running: boolean; readonly taskId: string } | null> {
  try {
    return await streams.locate({ container }, { signal });
  } catch (error) {
    if (error instanceof SwarmError && error.code === "notFound") return null;
    throw error;
  }
}
