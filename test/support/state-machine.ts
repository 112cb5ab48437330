import type { LogIndex } from "../../raft/ids.ts";
import type { StateMachine } from "../../raft/raft-handle.ts";

/** The whole state in one go. */
export function snapshotBytes(machine: StateMachine): Buffer {
  return Buffer.concat([...machine.snapshot()]);
}

/** Replaces the whole state in one go. */
export function restoreBytes(machine: StateMachine, index: number, data: Uint8Array): void {
  for (const _ of machine.restore(index as LogIndex, data));
}
