import type { MoveRules } from "../../manager/scheduler/rebalance/members.ts";
import { planRebalance } from "../../manager/scheduler/rebalance/plan-rebalance.ts";
import type { ReadView } from "../../manager/store/store-types.ts";
import type { RebalancePlan } from "../../manager/tasks/planned-move.ts";
import type { WallMs } from "../../shared/ports/clock.ts";

/** A plan in one go. */
export function planAtOnce(view: ReadView, rules: Partial<MoveRules> = {}, nowMs: WallMs = 0): RebalancePlan {
  const all = {
    gainMin: 1,
    movesMax: 1_000,
    settledBeforeMs: Number.POSITIVE_INFINITY,
    heldServices: new Set<never>(),
    ...rules,
  };
  const steps = planRebalance(() => view, all, nowMs);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
