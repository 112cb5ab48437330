import { SwarmError } from "../errors.ts";

/** The leader's answer to a host whose node object is gone. */
export function nodeRemovedError(nodeId: string): SwarmError {
  return new SwarmError(
    "permissionDenied",
    `node ${nodeId} was removed from the swarm: leave and join again to take part`,
    { detail: { kind: "nodeRemoved", nodeId } },
  );
}

/** Whether a manager said that this host is no longer part of the cluster. */
export function isNodeRemoved(error: unknown): boolean {
  return error instanceof SwarmError && error.detail?.kind === "nodeRemoved";
}
