import type { TaskId } from "../../shared/ids.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";

/**
 * Who answers tasks' questions for names. Told what it answers from; both take effect at once.
 */
export interface NameService {
  /** The newest tables of all networks of this host. Lines that did not change are the same objects as before. */
  setTables(tables: readonly NetworkTable[]): void;
  /** All tasks of this host: who sees which networks. */
  setTasks(tasks: ReadonlyMap<TaskId, Task>): void;
}
