import { TimeSlices } from "../../../shared/time-slices.ts";
import { type LoopDeps, PASS_SLICE_MS } from "../../control-loop.ts";
import type { ReadView } from "../../store/store-types.ts";
import type { RebalancePlan } from "../../tasks/planned-move.ts";
import type { MoveRules } from "./members.ts";
import { planRebalance } from "./plan-rebalance.ts";
import { rebalanceSettings } from "./settings.ts";

/** What a person asks of a plan; 0 = as the swarm's settings say. */
export interface AskedMoves {
  readonly gainMin: number;
  readonly movesMax: number;
}

/** For the control API: what would be moved if somebody asked for it now. */
export function createMovePlanner({ store, clock }: Pick<LoopDeps, "store" | "clock">) {
  return (asked: AskedMoves): Promise<RebalancePlan> => {
    const { gainMin } = rebalanceSettings(store.view().cluster());
    const rules: MoveRules = {
      gainMin: asked.gainMin || gainMin,
      movesMax: asked.movesMax,
      settledBeforeMs: Number.POSITIVE_INFINITY,
      heldServices: new Set(),
    };
    return planInSlices(() => store.view(), rules, clock);
  };
}

/** A plan, made in slices so that others go on meanwhile. */
export async function planInSlices(
  view: () => ReadView,
  rules: MoveRules,
  clock: LoopDeps["clock"],
): Promise<RebalancePlan> {
  const slices = new TimeSlices({ clock, sliceMs: PASS_SLICE_MS, label: "rebalance: plan" });
  const steps = planRebalance(view, rules, clock.wallNow());
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (slices.isUsedUp) await slices.rest();
  }
}
