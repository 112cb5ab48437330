import { RaftStore } from "../../manager/store/raft-store.ts";
import { StoreMachine } from "../../manager/store/store-machine.ts";
import { silentLogger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import { systemClock } from "../../shared/ports/system-clock.ts";
import { MemoryRaft } from "./memory-raft.ts";

/** The real store, over a Raft group of one in memory that leads. */
export class MemoryStore extends RaftStore {
  /** Decides when entries commit and who leads. */
  readonly raft: MemoryRaft;
  readonly machine: StoreMachine;

  constructor(machine: StoreMachine, raft: MemoryRaft, clock: Clock) {
    super({ machine, raft, clock, log: silentLogger, freeze: true });
    this.machine = machine;
    this.raft = raft;
  }
}

export interface MemoryStoreOptions {
  /** false: entries stay in flight until `store.raft.commit()`. Default true: they commit in the next microtask. */
  readonly autoCommit?: boolean;
}

/**
 * For tests of whatever works on the store: `const store = createMemoryStore(clock)`, then `await store.update(...)`.
 * Objects are frozen. `store.raft` decides commits and leadership.
 */
export function createMemoryStore(clock: Clock = systemClock, options: MemoryStoreOptions = {}): MemoryStore {
  const machine = new StoreMachine({ freeze: true });
  const raft = new MemoryRaft({ machine, autoCommit: options.autoCommit ?? true });
  const store = new MemoryStore(machine, raft, clock);
  raft.becomeLeader();
  return store;
}
