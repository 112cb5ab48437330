import { createHash } from "node:crypto";
import type { NodeId } from "../../../shared/ids.ts";

/** Locally administered, and never what a task has (02:42 and its IPv4 address). */
const FIRST_BYTE = 0x0a;
const OTHER_BYTES = 5;

/**
 * The MAC of a host's VXLAN device on every user network. It follows from the node's id, so that no host spends an
 * address of the network; 40 bits keep a thousand hosts apart but for one swarm in two million.
 */
export function hostMac(nodeId: NodeId): string {
  const bytes = createHash("sha256").update(nodeId).digest().subarray(0, OTHER_BYTES);
  return [FIRST_BYTE, ...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
