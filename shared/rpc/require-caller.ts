import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import type { Caller } from "./handler.ts";

export type NodeCaller = Extract<Caller, { readonly kind: "node" }>;

/** Refuses everyone but nodes with a valid certificate. @throws SwarmError unauthenticated or permissionDenied. */
export function requireNode(caller: Caller): NodeCaller {
  switch (caller.kind) {
    case "node":
      return caller;
    case "anonymous":
      throw noCertificate();
    case "local":
      throw new SwarmError("permissionDenied", "this call is for nodes of the swarm, not for the local socket");
    default:
      return unreachable(caller);
  }
}

/** Refuses everyone but managers. @throws SwarmError unauthenticated or permissionDenied. */
export function requireManager(caller: Caller): NodeCaller {
  const node = requireNode(caller);
  if (node.role !== "MANAGER") throw notAManager(node);
  return node;
}

/** Refuses everyone but managers and the host's own root. @throws SwarmError unauthenticated or permissionDenied. */
export function requireLocalOrManager(caller: Caller): void {
  switch (caller.kind) {
    case "local":
      return;
    case "node":
      if (caller.role !== "MANAGER") throw notAManager(caller);
      return;
    case "anonymous":
      throw noCertificate();
    default:
      unreachable(caller);
  }
}

/** Refuses everyone but the host's own root. @throws SwarmError permissionDenied. */
export function requireLocal(caller: Caller): void {
  if (caller.kind !== "local") {
    throw new SwarmError("permissionDenied", "this call works only on the host itself, through its local socket");
  }
}

/** What whoever shows no certificate is told by every call that needs one. */
export function noCertificate(): SwarmError {
  return new SwarmError("unauthenticated", "this call needs a certificate of the swarm: join it first");
}

function notAManager(node: NodeCaller): SwarmError {
  return new SwarmError(
    "permissionDenied",
    `node ${node.nodeId} is a worker: only managers may make this call (a manager's certificate from before a demotion is void)`,
  );
}
