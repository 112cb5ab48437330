import type { Metadata } from "@grpc/grpc-js";
import { SwarmError } from "../errors.ts";
import { unreachable } from "../invariant.ts";
import { jsonObject } from "../json.ts";
import type { Caller } from "./handler.ts";

/** The metadata key under which a manager names the caller for whom it passes a call on. */
export const FORWARDED_METADATA_KEY = "swarm-forwarded-for";

/** States, on a call to the leader, for whom a manager makes it. */
export function setForwardedCaller(metadata: Metadata, caller: Caller): void {
  metadata.set(FORWARDED_METADATA_KEY, describeCaller(caller));
}

/** A caller in words that `parseCaller` reads. */
export function describeCaller(caller: Caller): string {
  return JSON.stringify(caller);
}

/**
 * The caller behind a forwarding manager. Only a manager may speak for somebody else: anyone else's claim is refused.
 * @throws SwarmError permissionDenied, or invalidArgument when the claim makes no sense.
 */
export function takeForwardedCaller(metadata: Metadata, direct: Caller): Caller | null {
  const claim = metadata.get(FORWARDED_METADATA_KEY)[0];
  if (claim === undefined) return null;
  if (direct.kind !== "node" || direct.role !== "MANAGER") {
    throw new SwarmError("permissionDenied", "only a manager may pass on a call for somebody else");
  }
  return parseCaller(claim.toString());
}

/** @throws SwarmError invalidArgument when the words make no sense. */
export function parseCaller(text: string): Caller {
  const claim = jsonObject(text);
  if (claim === null) throw malformed();
  const field = (name: string): string => {
    const value = claim[name];
    if (typeof value !== "string") throw malformed();
    return value;
  };
  const kind = field("kind") as Caller["kind"];
  switch (kind) {
    case "local":
      return { kind };
    case "anonymous":
      return { kind, address: field("address") };
    case "node": {
      const role = field("role");
      if (role !== "WORKER" && role !== "MANAGER") throw malformed();
      // Managers of earlier releases do not send these.
      const { roleGeneration = 0, certificateRoot = "" } = claim;
      if (typeof roleGeneration !== "number" || !Number.isSafeInteger(roleGeneration)) throw malformed();
      if (typeof certificateRoot !== "string") throw malformed();
      const [nodeId, clusterId, address] = [field("nodeId"), field("clusterId"), field("address")];
      return { kind, nodeId, role, roleGeneration, certificateRoot, clusterId, address };
    }
    default:
      if (typeof kind === "string") throw malformed();
      return unreachable(kind);
  }
}

function malformed(): SwarmError {
  return new SwarmError("invalidArgument", "a forwarded call does not say who made it");
}
