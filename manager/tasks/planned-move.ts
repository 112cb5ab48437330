import type { NodeId } from "../../shared/ids.ts";
import type { Service, Task } from "../../shared/objects/types.ts";

/** A running task, and the node where it would be better off. */
export interface PlannedMove {
  readonly task: Task;
  readonly from: NodeId;
  readonly to: NodeId;
  /** In tasks, at the place that decides. */
  readonly gain: number;
  /** In one sentence, without a full stop. */
  readonly reason: string;
}

export interface RebalancePlan {
  /** In the order in which they are to be made: each one is judged by what is there after those before it. */
  readonly moves: readonly PlannedMove[];
  /** Services that would be more even if nothing kept their tasks, with what does. */
  readonly uneven: readonly { readonly service: Service; readonly reason: string }[];
}
