import type { Run } from "../cli.ts";
import { forEach } from "../names.ts";
import { changeNodeSpec } from "./spec.ts";

/** Demotion takes away a role, not what the manager knows. */
const STILL_KNOWN =
  "A former manager still knows the key of the swarm's root and the join tokens. If its host may be in the wrong hands, " +
  "run `swarmctl ca --rotate`: it replaces the root and both tokens.";

export const run: Run = async (cli, args) => {
  let isAnyDemoted = false;
  await forEach(args, async (ref) => {
    const changed = await changeNodeSpec(cli, ref, (spec) =>
      spec.desiredRole === "WORKER" ? null : { ...spec, desiredRole: "WORKER" },
    );
    isAnyDemoted ||= changed;
    cli.output.line(changed ? `Manager ${ref} demoted in the swarm.` : `Node ${ref} is already a worker.`);
  });
  if (isAnyDemoted) cli.output.warn(STILL_KNOWN);
};
