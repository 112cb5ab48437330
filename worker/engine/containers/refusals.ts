import { SwarmError } from "../../../shared/errors.ts";
import type { ContainerState } from "../../../shared/rpc/gen/containers.ts";

/** One that runs is removed only by force. @throws SwarmError failedPrecondition, with Docker's sentence. */
export function refuseRemoval(name: string, state: ContainerState): void {
  if (state !== "RUNNING" && state !== "PAUSED" && state !== "RESTARTING") return;
  const how =
    state === "PAUSED"
      ? "container is paused and must be unpaused first"
      : `container is ${state.toLowerCase()}: stop the container before removing or force remove`;
  throw refusal(`cannot remove container "${name}": ${how}`);
}

/** A signal finds nobody. */
export function notRunning(name: string, id: string): SwarmError {
  return refusal(`cannot kill container: ${name}: container ${id} is not running`);
}

/** What a container's state forbids now. */
export function refusal(sentence: string): SwarmError {
  return new SwarmError("failedPrecondition", sentence);
}
