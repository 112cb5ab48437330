import type { CommandSpec } from "../command-spec.ts";
import { INSPECT_ANY_OPTIONS } from "./options.ts";

export const INSPECT_COMMANDS: readonly CommandSpec[] = [
  {
    name: "inspect",
    args: "<name...>",
    summary: "Show details of whatever is called so: a container, image, network, volume, service, task or node",
    options: INSPECT_ANY_OPTIONS,
    examples: [
      "swarmctl inspect web",
      "swarmctl inspect --format '{{.State.Status}}' web",
      "swarmctl inspect --type image nginx",
    ],
    load: () => import("./inspect.ts"),
  },
];
