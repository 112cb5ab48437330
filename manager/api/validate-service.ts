import { parseConstraints } from "../../shared/constraint.ts";
import { unreachable } from "../../shared/invariant.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import type { ServiceSpec, TaskSpec } from "../../shared/objects/types.ts";
import { bytesOf, check, checkLimit, checkWhole } from "./refuse.ts";
import { validateLabels, validateName } from "./validate-annotations.ts";
import { validateContainer } from "./validate-container.ts";
import { validateFields } from "./validate-fields.ts";
import { validatePorts } from "./validate-ports.ts";

/**
 * Everything that can be said of a service spec without looking at other objects.
 * @throws SwarmError invalidArgument with one sentence about the first thing that is wrong.
 */
export function validateServiceSpec(spec: ServiceSpec): void {
  validateName("service", spec.annotations.name);
  validateLabels("service", spec.annotations);
  validateFields(spec);
  validateMode(spec);
  validateTask(spec.task);
  validatePorts(spec);
  // Last, for its sentence tells the least.
  checkLimit(SPEC_LIMITS.spec, bytesOf(JSON.stringify(spec)));
}

function validateMode({ mode, task }: ServiceSpec): void {
  switch (mode) {
    case "replicated":
      return;
    case "global":
      check((task.placement?.maxReplicas ?? 0) === 0, "replicas-max-per-node can only be used with replicated mode");
      return;
    default:
      unreachable(mode);
  }
}

function validateTask(task: TaskSpec): void {
  validateContainer(task.container);
  check((task.reservations?.pids ?? 0) === 0, "invalid pids reservation: processes can only be limited");
  checkLimit(SPEC_LIMITS.networks, task.networks.length);
  checkWhole("number of forced updates", task.forceUpdate, Number.MAX_SAFE_INTEGER);
  const constraints = task.placement?.constraints ?? [];
  checkLimit(SPEC_LIMITS.constraints, constraints.length);
  for (const text of constraints) checkLimit(SPEC_LIMITS.constraint, bytesOf(text));
  parseConstraints(constraints);
}
