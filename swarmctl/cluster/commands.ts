import type { CommandSpec } from "../command-spec.ts";
import { REBALANCE_OPTIONS } from "./options.ts";

export const CLUSTER_COMMANDS: readonly CommandSpec[] = [
  {
    name: "rebalance",
    summary: "Move running tasks to nodes that run fewer, successors first; what keeps data on its host stays",
    options: REBALANCE_OPTIONS,
    examples: [
      "swarmctl cluster rebalance --plan",
      "swarmctl cluster rebalance --max-moves 10",
      "swarmctl cluster rebalance --stop",
    ],
    load: () => import("./rebalance.ts"),
  },
];
