import type { NodeLoad } from "./node-load.ts";

/** One reason why a node cannot take a task, with words for people. */
export interface Filter {
  passes(load: NodeLoad): boolean;
  /** What is wrong with `nodes` (>= 1) nodes. */
  explain(nodes: number): string;
  /** It might pass if other tasks left the node. */
  readonly isRoom?: true;
  /** So much of a processor or of memory, in words: nodes that lack several of them are told of once. */
  readonly wanted?: string;
  /** What a filter threw, if it could not give an answer. */
  readonly error?: unknown;
}

/** "1 node", "2 nodes". */
export const nodesText = (nodes: number): string => (nodes === 1 ? "1 node" : `${nodes} nodes`);
