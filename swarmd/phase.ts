import { SwarmError } from "../shared/errors.ts";
import type { ActiveNode } from "./active-node.ts";
import type { NodeRecord } from "./node-record.ts";
import { refusals } from "./refusals.ts";

/**
 * This host's relation to a swarm:
 *
 *     inactive --init | join--> starting --> active --leave | removed--> stopping --> inactive
 *                                  |            '--new address | made anew--> stopping --> starting
 *                                  |                                        (resume enters at starting)
 *                                  +--(init or join failed)--> inactive, with nothing left behind
 *                                  +--(resume failed)--> error --(the fault may pass: tries again)--> starting
 *     (resume with keys that are locked) --> locked --unlock--> starting
 *
 * The saved record is the commit point: without it the host is in no swarm, whatever else is on disk.
 */
export type Phase =
  | { readonly kind: "inactive" }
  | { readonly kind: "starting" }
  | { readonly kind: "active"; readonly node: ActiveNode }
  | { readonly kind: "stopping" }
  | { readonly kind: "error"; readonly sentence: string }
  | { readonly kind: "locked"; readonly record: NodeRecord; readonly sentence: string };

/** @throws SwarmError with what is in the way. */
export function activeNodeOf(phase: Phase): ActiveNode {
  switch (phase.kind) {
    case "active":
      return phase.node;
    case "starting":
    case "stopping":
      throw refusals.starting();
    case "inactive":
      throw refusals.notAManager(false);
    case "locked":
      throw refusals.locked();
    case "error":
      throw new SwarmError("failedPrecondition", phase.sentence);
  }
}

/** Why there is nothing to unlock. */
export function whyNotLocked(phase: Phase): SwarmError {
  if (phase.kind === "inactive") return refusals.notAManager(false);
  if (phase.kind === "active" && phase.node.role === "WORKER") return refusals.notAManager(true);
  return phase.kind === "starting" ? refusals.starting() : refusals.notLocked();
}
