import type { Node } from "../../shared/objects/types.ts";

/**
 * Where to look for a node's host: the address its session came from, otherwise where its peers send; null = not known
 * yet.
 */
export function probeHost(node: Node): string | null {
  const candidates = [node.status.address, node.description?.dataPathAddress ?? ""];
  return candidates.find((address) => address !== "") ?? null;
}
