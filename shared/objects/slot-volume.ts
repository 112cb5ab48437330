import type { Mount } from "../rpc/gen/objects.ts";

/** By this label a host knows which of its volumes slots go back to. */
export const SLOT_VOLUME_LABEL = "swarm.volume.per-slot";

/** The volume of one slot. */
export function slotVolumeName(source: string, slot: number): string {
  return `${source}-${slot}`;
}

/** Names of the volumes that a task in this slot goes back to. */
export function slotVolumesOf(mounts: readonly Mount[], slot: number): readonly string[] {
  return mounts.filter(({ volumePerSlot }) => volumePerSlot).map(({ source }) => slotVolumeName(source, slot));
}
