import { labelOf } from "./objects/labels.ts";
import type { Node } from "./objects/types.ts";

const NODE_LABEL = "node.labels.";
const ENGINE_LABEL = "engine.labels.";
/** What a key of a constraint or a preference may look like. */
export const PLACEMENT_KEY = /^[a-z_][a-z0-9\-_.]+$/i;

/** Whether a key means a label of a node or of its daemon: `node.labels.zone`, `engine.labels.disk`. */
export function isLabelKey(key: string): boolean {
  const prefix = [NODE_LABEL, ENGINE_LABEL].find((each) => key.toLowerCase().startsWith(each));
  return prefix !== undefined && key.length > prefix.length && PLACEMENT_KEY.test(key);
}

/** The label of a node that such a key means; undefined where the node lacks it, null for any other key. */
export function labelAt(node: Node, key: string): string | undefined | null {
  const word = key.toLowerCase();
  // The names of labels keep their case.
  if (word.startsWith(NODE_LABEL)) return labelOf(node.spec.annotations.labels, key.slice(NODE_LABEL.length));
  if (word.startsWith(ENGINE_LABEL)) return labelOf(node.description?.engineLabels, key.slice(ENGINE_LABEL.length));
  return null;
}
