import type { NodeId } from "../../shared/ids.ts";
import { slotVolumesOf } from "../../shared/objects/slot-volume.ts";
import type { Node, Task } from "../../shared/objects/types.ts";
import type { Filter } from "./filter.ts";

interface Home {
  readonly nodeId: NodeId;
  readonly hostname: string;
  readonly createdAtMs: number;
}

/** Where the volumes of slots are, as the hosts say: of each name, on the host that made it last. */
export class SlotVolumes {
  readonly #homes = new Map<string, Home>();

  constructor(nodes: readonly Node[]) {
    for (const { id, description } of nodes) {
      for (const { name, createdAtMs } of description?.slotVolumes ?? []) {
        const known = this.#homes.get(name);
        if (known !== undefined && known.createdAtMs >= createdAtMs) continue;
        this.#homes.set(name, { nodeId: id, hostname: description?.hostname ?? id, createdAtMs });
      }
    }
  }

  /** A task goes back to the volumes of its slot, or has to wait for their host. */
  filtersFor({ spec, slot }: Task): readonly Filter[] {
    return slotVolumesOf(spec.container.mounts, slot).flatMap((name) => {
      const home = this.#homes.get(name);
      if (home === undefined) return [];
      return [
        {
          passes: ({ node }) => node.id === home.nodeId,
          explain: () => `volume ${name} of the slot is on ${home.hostname}`,
        },
      ];
    });
  }
}

/** Whether the filters tell tasks of one service and spec apart by their slots. */
export function hasSlotVolumes({ spec }: Task): boolean {
  return spec.container.mounts.some(({ volumePerSlot }) => volumePerSlot);
}
