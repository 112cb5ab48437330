import { mustHave } from "../../shared/invariant.ts";
import type { Node, NodeSpec } from "../../shared/rpc/gen/objects.ts";
import type { Cli } from "../cli.ts";
import { nodeRef } from "../names.ts";
import { againIfOutrun } from "../write-again.ts";

/**
 * Reads a node, changes its spec, writes it. `change` returns null for "nothing to do".
 * Resolves with whether something was written.
 */
export async function changeNodeSpec(
  cli: Cli,
  ref: string,
  change: (spec: NodeSpec, node: Node) => NodeSpec | null,
): Promise<boolean> {
  const control = await cli.api.control();
  return againIfOutrun(async () => {
    const { node } = await control.getNode({ ref: await nodeRef(cli, ref) }, { signal: cli.signal });
    const current = mustHave(node, "the node of the answer");
    const spec = change(mustHave(current.spec, "the node's spec"), current);
    if (spec === null) return false;
    await control.updateNode({ ref: current.id, version: current.meta?.version ?? 0, spec }, { signal: cli.signal });
    return true;
  });
}
