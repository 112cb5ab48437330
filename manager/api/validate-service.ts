import { parseConstraints } from "../../shared/constraint.ts";
import { unreachable } from "../../shared/invariant.ts";
import type { ServiceSpec, TaskSpec } from "../../shared/objects/types.ts";
import type { Resources } from "../../shared/rpc/gen/objects.ts";
import { check } from "./refuse.ts";
import { validateLabels, validateName } from "./validate-annotations.ts";
import { validateContainer } from "./validate-container.ts";
import { validatePorts } from "./validate-ports.ts";

/** A thousandth of a CPU: less is below what the kernel's scheduler can give out. */
const NANO_CPUS_MIN = 1_000_000;
/** What a container needs to start at all; Docker's bound. */
const MEMORY_BYTES_MIN = 4 * 1024 * 1024;
/** Beyond what thousands of hosts run; a number typed wrongly must not fill the log with tasks. */
const REPLICAS_MAX = 100_000;

/**
 * Everything that can be said of a service spec without looking at other objects.
 * @throws SwarmError invalidArgument with one sentence about the first thing that is wrong.
 */
export function validateServiceSpec(spec: ServiceSpec): void {
  validateName("service", spec.annotations.name);
  validateLabels("service", spec.annotations);
  validateMode(spec);
  validateTask(spec.task);
  validateUpdateConfig(spec);
  validatePorts(spec);
}

function validateMode({ mode, replicated, task }: ServiceSpec): void {
  switch (mode) {
    case "replicated": {
      const replicas = replicated?.replicas ?? 1;
      check(
        Number.isInteger(replicas) && replicas >= 0 && replicas <= REPLICAS_MAX,
        `invalid number of replicas ${replicas}: at most ${REPLICAS_MAX} are allowed`,
      );
      return;
    }
    case "global":
      check((task.placement?.maxReplicas ?? 0) === 0, "replicas-max-per-node can only be used with replicated mode");
      return;
    default:
      unreachable(mode);
  }
}

function validateTask(task: TaskSpec): void {
  validateContainer(task.container);
  validateResources("limit", task.limits);
  validateResources("reservation", task.reservations);
  check((task.reservations?.pids ?? 0) === 0, "invalid pids reservation: processes can only be limited");
  parseConstraints(task.placement?.constraints ?? []);
  const { restart } = task;
  if (restart === null) return;
  check((restart.delayMs ?? 0) >= 0, `invalid restart delay ${restart.delayMs} ms: it cannot be negative`);
  check(restart.windowMs >= 0, `invalid restart window ${restart.windowMs} ms: it cannot be negative`);
}

function validateResources(what: string, resources: Resources | null): void {
  if (resources === null) return;
  const { nanoCpus, memoryBytes, pids } = resources;
  check(
    nanoCpus === 0 || nanoCpus >= NANO_CPUS_MIN,
    `invalid CPU ${what} ${nanoCpus / 1e9}: it must be at least ${NANO_CPUS_MIN / 1e9}`,
  );
  check(
    memoryBytes === 0 || memoryBytes >= MEMORY_BYTES_MIN,
    `invalid memory ${what} ${memoryBytes} bytes: it must be at least 4 MiB`,
  );
  // Beyond this, numbers on the wire are no longer exact; no host comes near.
  const exact = Number.isSafeInteger(memoryBytes) && Number.isSafeInteger(nanoCpus);
  check(exact, `invalid ${what} of ${nanoCpus / 1e9} CPUs and ${memoryBytes} bytes of memory: no host has so much`);
  check(pids >= 0, `invalid pids ${what} ${pids}: it cannot be negative`);
}

function validateUpdateConfig({ update }: ServiceSpec): void {
  if (update === null) return;
  const { delayMs, monitorMs, maxFailureRatio } = update;
  check(delayMs >= 0, `invalid update delay ${delayMs} ms: it cannot be negative`);
  check(monitorMs >= 0, `invalid update monitor ${monitorMs} ms: it cannot be negative`);
  check(
    maxFailureRatio >= 0 && maxFailureRatio <= 1,
    `invalid update failure ratio ${maxFailureRatio}: it must be between 0 and 1`,
  );
}
