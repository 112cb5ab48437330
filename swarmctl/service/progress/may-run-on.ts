import { meetsConstraints, parseConstraints } from "../../../shared/constraint.ts";
import type { Node } from "../../../shared/objects/types.ts";
import type { MayRunOn } from "./convergence.ts";

/** Whether a global service shall have a task on the node: the node takes tasks and meets its constraints. */
export const mayRunOn: MayRunOn = (node, service) => {
  if (node.status?.state !== "READY" || node.spec?.availability !== "ACTIVE") return false;
  const constraints = parseConstraints(service.spec?.task?.placement?.constraints ?? []);
  // What a manager sends has all the parts that the stricter type promises.
  return meetsConstraints(node as unknown as Node, constraints);
};
