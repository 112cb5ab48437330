import { SwarmError } from "../errors.ts";

const SENTENCE = /^node \S+ was removed from the swarm\b/;

/** The leader's answer to a host whose node object is gone. */
export function nodeRemovedError(nodeId: string): SwarmError {
  return new SwarmError(
    "permissionDenied",
    `node ${nodeId} was removed from the swarm: leave and join again to take part`,
  );
}

/**
 * Whether a manager said that this host is no longer part of the cluster. Known by its sentence, since only that
 * survives the wire.
 */
export function isNodeRemoved(error: unknown): boolean {
  return error instanceof SwarmError && error.code === "permissionDenied" && SENTENCE.test(error.message);
}
