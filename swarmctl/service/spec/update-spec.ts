import { mustHave } from "../../../shared/invariant.ts";
import type { ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import type { Flags } from "../../flags.ts";
import { applyFields } from "./apply-fields.ts";
import type { SpecWorld } from "./spec-world.ts";
import { applySpecialFlags, forgetLogOptions } from "./special-flags.ts";

/**
 * A service's spec as changed by `service update`: removals first, then additions, which replace elements with the same
 * key.
 * @throws SwarmError invalidArgument, also when something to be removed does not exist.
 */
export function updateSpec(spec: ServiceSpec, flags: Flags, world: SpecWorld): ServiceSpec {
  const fields = applyFields(forgetLogOptions(spec, flags), flags, "update", world);
  const changed = applySpecialFlags(fields, flags, world);
  const task = mustHave(changed.task, "the task of a service spec");
  const container = mustHave(task.container, "the container of a task spec");
  const image = flags.text("image");
  // Without a schedule there is nothing that its other settings could mean.
  const schedule = flags.text("schedule") === "" ? null : changed.schedule;
  const preDeploy = flags.text("preDeploy") === "" ? null : changed.preDeploy;
  return {
    ...changed,
    schedule,
    preDeploy,
    task: {
      ...task,
      container: image === undefined ? container : { ...container, image },
      // The platforms were those of the old image; a manager determines those of the new one.
      placement: image === undefined ? task.placement : task.placement && { ...task.placement, platforms: [] },
      forceUpdate: task.forceUpdate + (flags.is("force") ? 1 : 0),
    },
  };
}
