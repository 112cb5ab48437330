import type { NodeId } from "../../../shared/ids.ts";
import type { Node } from "../../../shared/objects/types.ts";
import { createNode, createResources, testId } from "../../../test/support/objects.ts";

const NANO_CPUS = 64e9;
const MEMORY_BYTES = 256 * 1024 ** 3;

export const hostIdOf = (at: number): NodeId => testId<NodeId>(`h${at}a`);

/** Where others would reach it; nobody tries, but no two may have the same. */
export const hostAddressOf = (at: number): string => `10.${64 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`;

/** A host as it describes itself and as the store has it before its first session. */
export function hostObject(at: number): Node {
  const node = createNode(`h${at}a`, {
    state: "UNKNOWN",
    resources: createResources({ nanoCpus: NANO_CPUS, memoryBytes: MEMORY_BYTES }),
  });
  return { ...node, description: node.description && { ...node.description, dataPathAddress: hostAddressOf(at) } };
}
