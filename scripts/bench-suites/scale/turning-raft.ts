import type { LogIndex } from "../../../raft/ids.ts";
import { MemoryRaft } from "../../../test/support/memory-raft.ts";

/** Commits in a turn of the event loop of its own, as a real group does. */
export class TurningRaft extends MemoryRaft {
  override propose(data: Uint8Array): Promise<LogIndex> {
    const proposed = super.propose(data);
    setImmediate(() => this.commit());
    return proposed;
  }
}
