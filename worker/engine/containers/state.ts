import type { ContainerState, OwnContainer } from "../../../shared/rpc/gen/containers.ts";

/** Whether its first process runs, as far as is noted. */
export function isRunning({ startedAtMs, finishedAtMs }: Pick<OwnContainer, "startedAtMs" | "finishedAtMs">): boolean {
  return startedAtMs > 0 && startedAtMs > finishedAtMs;
}

/** How a container is. `isAwaited`: a start waits for its time. */
export function stateOf(stored: OwnContainer, isAwaited: boolean): ContainerState {
  if (stored.isRemoving) return "REMOVING";
  if (isRunning(stored)) return stored.isPaused ? "PAUSED" : "RUNNING";
  if (isAwaited) return "RESTARTING";
  return stored.startedAtMs === 0 && stored.finishedAtMs === 0 ? "CREATED" : "EXITED";
}
