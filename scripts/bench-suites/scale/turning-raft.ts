import type { LogIndex } from "../../../raft/ids.ts";
import { MemoryRaft } from "../../../test/support/memory-raft.ts";

/** As long as a real group applies entries before it lets others go on. */
const APPLY_MS = 5;

/** Commits in turns of the event loop of its own, as a real group does. */
export class TurningRaft extends MemoryRaft {
  #isDue = false;

  override propose(data: Uint8Array): Promise<LogIndex> {
    const proposed = super.propose(data);
    this.#commitSoon();
    return proposed;
  }

  #commitSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      const beganMs = performance.now();
      while (this.inFlight > 0 && performance.now() - beganMs < APPLY_MS) this.commit(1);
      if (this.inFlight > 0) this.#commitSoon();
    });
  }
}
