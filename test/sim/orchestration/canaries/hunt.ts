import { unreachable } from "../../../../shared/invariant.ts";
import type { Canary } from "../../raft/canaries/canary.ts";
import { type Catch, runTests } from "../../raft/canaries/hunt.ts";
import { type Planting, plant } from "../../raft/canaries/planted-tree.ts";

/** `manager`, with the tests that look at its loops. */
export const MANAGER: Planting = {
  root: "manager",
  copied: [
    "package.json",
    "manager",
    "raft",
    "shared",
    "worker",
    "test/property",
    "test/sim/orchestration",
    "test/sim/raft",
    "test/support",
    "test/unit/manager",
  ],
};

export type LoopHunter = "unit" | "properties" | "simulator";
export const LOOP_HUNTERS: readonly LoopHunter[] = ["unit", "properties", "simulator"];

/** Folders of test/unit/manager whose tests look at decisions of loops. */
const UNITS = ["allocator", "cron", "evacuation", "orchestrator", "reaper", "restart", "scheduler", "tasks", "update"];
const PROPERTIES = ["allocation-book", "allocator", "schedule-book", "scheduler"];

/** Runs the hunters on a tree with the canary in it; null: on the tree as it is. */
export function huntInLoops(canary: Canary | null, hunters: readonly LoopHunter[]): readonly Catch[] {
  using tree = plant(canary, MANAGER);
  return hunters.map((hunter) => {
    switch (hunter) {
      case "unit":
        return runTests(hunter, tree.path, ...UNITS.map((unit) => `test/unit/manager/${unit}/*.test.ts`));
      case "properties":
        return runTests(hunter, tree.path, ...PROPERTIES.map((name) => `test/property/${name}.test.ts`));
      case "simulator":
        return runTests(hunter, tree.path, "test/sim/orchestration/*.test.ts");
      default:
        return unreachable(hunter);
    }
  });
}
