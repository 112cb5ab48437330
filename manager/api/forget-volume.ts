import { KINDS } from "../../shared/objects/kinds.ts";
import type { ForgetVolumeRequest } from "../../shared/rpc/gen/control.ts";
import { refuse } from "../../shared/spec-checks/refuse.ts";
import type { ApiContext } from "./api-context.ts";
import { findObject } from "./reference.ts";

/**
 * Gives up the volume of a slot on a node that is away. A node that comes back tells of the volume again: then the task
 * belongs there only if no other node has made one of the same name since.
 * @throws SwarmError notFound; failedPrecondition for a node that is ready, where the volume itself can be removed.
 */
export async function forgetVolume(api: ApiContext, { node: ref, volume }: ForgetVolumeRequest): Promise<void> {
  await api.store.update("forget volume", (tx) => {
    const node = findObject(tx, "node", ref);
    const name = KINDS.node.nameOf(node) || node.id;
    const { description } = node;
    const kept = description?.slotVolumes.filter((each) => each.name !== volume) ?? [];
    if (description === null || kept.length === description.slotVolumes.length) {
      refuse("notFound", `node ${name} has told of no volume ${volume} of a slot`);
    }
    if (node.status.state === "READY") {
      refuse(
        "failedPrecondition",
        `node ${name} is ready: remove the volume itself with \`swarmctl volume rm --node ${name} ${volume}\``,
      );
    }
    tx.update("node", { ...node, description: { ...description, slotVolumes: kept } });
  });
}
