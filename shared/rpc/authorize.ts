import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import type { Door } from "./doors.ts";
import type { Caller } from "./handler.ts";

export type NodeCaller = Extract<Caller, { readonly kind: "node" }>;

/**
 * The one place that decides who may do what. A new kind of caller, such as a named person, would be a case here,
 * judged by the operation's verb and kind.
 * @throws SwarmError unauthenticated or permissionDenied when the caller may not come in by that door.
 */
export function authorize(caller: Caller, door: Door): void {
  if (door === "anyone") return;
  switch (caller.kind) {
    case "local":
      // Root of a manager's host may do everything that people do, and is not a node.
      if (door === "node" || door === "manager") throw denied("this call is for nodes of the swarm, not for people");
      return;
    case "anonymous":
      if (door === "host") throw onlyOnHost();
      throw noCertificate();
    case "node":
      authorizeNode(caller, door);
      return;
    default:
      unreachable(caller);
  }
}

/** Like `authorize`, for what only nodes do; returns the caller as a node. */
export function requireNode(caller: Caller, door: "node" | "manager"): NodeCaller {
  authorize(caller, door);
  if (caller.kind !== "node") throw denied("this call is for nodes of the swarm");
  return caller;
}

function authorizeNode({ nodeId, role }: NodeCaller, door: Exclude<Door, "anyone">): void {
  if (door === "host") throw onlyOnHost();
  if (door === "node" || role === "MANAGER") return;
  if (door === "manager") {
    throw denied(
      `node ${nodeId} is a worker: only managers may make this call (a certificate from before a demotion no longer counts)`,
    );
  }
  // A join token makes a worker a member, not an operator.
  throw denied(
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state: run this command on a manager, or promote this node.",
  );
}

/** The refusal of every call that needs a certificate, for a caller without one. */
export function noCertificate(): SwarmError {
  return new SwarmError("unauthenticated", "this call needs a certificate of the swarm: join it first");
}

function onlyOnHost(): SwarmError {
  return denied("this call works only on the host itself, through its local socket");
}

function denied(sentence: string): SwarmError {
  return new SwarmError("permissionDenied", sentence);
}
