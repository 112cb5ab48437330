import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { changeNodeSpec } from "./spec.ts";

export const run: Run = (cli, args) =>
  forEach(args, async (ref) => {
    const changed = await changeNodeSpec(cli, ref, (spec) =>
      spec.desiredRole === "MANAGER" ? null : { ...spec, desiredRole: "MANAGER" },
    );
    cli.output.line(changed ? `Node ${ref} promoted to a manager in the swarm.` : `Node ${ref} is already a manager.`);
  });
