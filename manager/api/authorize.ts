import { SwarmError } from "../../shared/errors.ts";
import type { Caller } from "../../shared/rpc/handler.ts";

/**
 * Only people on a manager's own host, and managers, may look at or change the cluster. A join token makes a worker
 * a member, not an operator.
 * @throws SwarmError permissionDenied or unauthenticated.
 */
export function requireOperator(caller: Caller): void {
  if (caller.kind === "anonymous") {
    throw new SwarmError("unauthenticated", "the control API needs a certificate of this swarm");
  }
  if (caller.kind === "node" && caller.role !== "MANAGER") {
    throw new SwarmError(
      "permissionDenied",
      "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state: run this command on a manager, or promote this node.",
    );
  }
}
