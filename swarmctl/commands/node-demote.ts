import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { changeNodeSpec } from "./node-spec.ts";

export const run: Run = (cli, args) =>
  forEach(args, async (ref) => {
    const changed = await changeNodeSpec(cli, ref, (spec) =>
      spec.desiredRole === "WORKER" ? null : { ...spec, desiredRole: "WORKER" },
    );
    cli.output.line(changed ? `Manager ${ref} demoted in the swarm.` : `Node ${ref} is already a worker.`);
  });
