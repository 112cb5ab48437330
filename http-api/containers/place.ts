import type { FindHostResponse } from "../../shared/rpc/gen/hosts.ts";
import { findContainer } from "../../shared/rpc/light/find-container.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import { type Call, param } from "../route.ts";

/** A container, and the engine of the host that has it. */
export interface Place {
  readonly engine: HostServices;
  /** How that engine is asked for it. */
  readonly ref: string;
}

/**
 * The container that a path names, on this host or, if a task's, on any other: for what only looks at it, or runs
 * something in it.
 * @throws SwarmError notFound
 */
export async function placeOf(call: Call, id: string = param(call, "id")): Promise<Place> {
  const { backend, signal } = call;
  const here = backend.engine({ kind: "here" });
  const findHost = (task: string): Promise<FindHostResponse> => backend.hosts.find({ task }, { signal });
  const { target, container } = await findContainer({ streams: here.streams, findHost }, id, signal);
  return { engine: backend.engine(target), ref: container };
}

/** The containers of this host, which alone can be made and changed here. */
export function containersHere({ backend }: Call): HostServices["containers"] {
  return backend.engine({ kind: "here" }).containers;
}
