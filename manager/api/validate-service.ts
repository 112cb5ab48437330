import { parseConstraints } from "../../shared/constraint.ts";
import { nextAfter } from "../../shared/cron/next-run.ts";
import { parseCron } from "../../shared/cron/parse-cron.ts";
import { checkTimeZone } from "../../shared/cron/time-zone.ts";
import { complaintOfRequest } from "../../shared/generic-resources.ts";
import { ID_LENGTH, type NodeId, type ServiceId, type TaskId } from "../../shared/ids.ts";
import { unreachable } from "../../shared/invariant.ts";
import { jsonBytes } from "../../shared/json-size.ts";
import { SPEC_LIMITS } from "../../shared/objects/limits.ts";
import { logLimits } from "../../shared/objects/log-driver.ts";
import type { ServiceSpec, TaskSpec } from "../../shared/objects/types.ts";
import { ROLLOUT_DEFAULTS } from "../../shared/service-spec/defaults.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";
import { unavailableMax } from "../../shared/service-spec/max-unavailable.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import { bytesOf, check, checkLimit, checkWhole, quoted } from "../../shared/spec-checks/refuse.ts";
import { validateLabels, validateName } from "../../shared/spec-checks/validate-annotations.ts";
import { validateContainer, validateWords } from "../../shared/spec-checks/validate-container.ts";
import { validateFields } from "../../shared/spec-checks/validate-fields.ts";
import { validateControls } from "../../shared/spec-checks/validate-host-access.ts";
import { fillContainer } from "../../shared/template/task-template.ts";
import { isPrintable } from "../../shared/visible-text.ts";
import { validateAffinities } from "./service-affinities.ts";
import { validateDependencies } from "./service-dependencies.ts";
import { validateNetworks } from "./service-networks.ts";
import { validateAutoscale } from "./validate-autoscale.ts";
import { validateLoss } from "./validate-loss.ts";
import { validatePorts } from "./validate-ports.ts";

/**
 * Checks everything in a service spec that needs no other object.
 * @throws SwarmError invalidArgument with one sentence about the first fault.
 */
export function validateServiceSpec(spec: ServiceSpec): void {
  validateName("service", spec.annotations.name);
  validateLabels("service", spec.annotations);
  const filled = withTemplatesFilled(spec);
  validateFields(filled);
  // With templates filled in, a volume of each slot is one like any other.
  validateMode(spec);
  validateTask(filled.task);
  validatePorts(filled);
  validateSticky(filled);
  validateLoss(filled);
  validateDependencies(spec);
  validateAffinities(spec);
  validateBudget(spec);
  validatePreDeploy(spec);
  validateOnlyTold(spec);
  // Checked last, because its sentence says the least.
  checkLimit(SPEC_LIMITS.spec, jsonBytes(spec, SPEC_LIMITS.spec.max));
}

const SAMPLE_ID = "0".repeat(ID_LENGTH);
const SAMPLE_NODE = { hostname: "host", platform: { architecture: "x86_64", os: "linux" } };

/**
 * Checks the spec as a task would get it: a template that cannot be filled in is refused here, and its result must obey
 * the rules of its field. Hosts check again, with their own names.
 */
function withTemplatesFilled(spec: ServiceSpec): ServiceSpec {
  const task = {
    id: SAMPLE_ID as TaskId,
    serviceId: SAMPLE_ID as ServiceId,
    nodeId: SAMPLE_ID as NodeId,
    slot: SERVICE_MODES[spec.mode].isNumbered ? 1 : 0,
    serviceAnnotations: spec.annotations,
  };
  return { ...spec, task: { ...spec.task, container: fillContainer(spec.task.container, task, SAMPLE_NODE) } };
}

function validateSticky({ endpoint }: ServiceSpec): void {
  const stickyMs = endpoint?.stickyMs ?? 0;
  if (stickyMs === 0) return;
  check(endpoint?.mode !== "DNSRR", "sticky needs endpoint mode vip: with dnsrr, clients choose a task themselves");
  check(
    stickyMs % 1_000 === 0 && stickyMs <= SPEC_LIMITS.sticky.max,
    `invalid sticky time ${stickyMs} ms: whole seconds, at most seven days, are allowed`,
  );
}

/** Nobody heeds it, but it travels and is stored with the rest. */
function validateOnlyTold({ onlyTold }: ServiceSpec): void {
  if (onlyTold === null || onlyTold.durations.length === 0) return;
  const fields = new Map(SERVICE_FIELDS.map(({ path, type, noun }) => [path, { type, noun }]));
  const seen = new Set<string>();
  for (const { path, ms, nanos } of onlyTold.durations) {
    const field = fields.get(path);
    check(
      field?.type.kind === "duration" && !seen.has(path),
      `invalid finer duration: ${quoted(path)} has none, or was given before`,
    );
    check(Math.abs(nanos) < NANOS_PER_MS, `invalid finer ${field.noun}: ${nanos} ns are a millisecond or more`);
    check(ms * NANOS_PER_MS + nanos >= 0, `invalid ${field.noun} ${nanos} ns: it cannot be negative`);
    seen.add(path);
  }
}

const NANOS_PER_MS = 1_000_000;

function validateMode(spec: ServiceSpec): void {
  const { mode, task } = spec;
  const rollbackCanary = spec.rollback?.canary ?? "";
  check(rollbackCanary === "", "a rollback has no canary: it goes to all slots, which have run that spec before");
  if (SERVICE_MODES[mode].isJob) validateJob(spec);
  else check(spec.schedule === null, "only a job can have a schedule: a service runs all the time");
  switch (mode) {
    case "replicated":
      validateAutoscale(spec);
      return;
    case "replicatedJob":
      return;
    case "global":
    case "globalJob":
      check((task.placement?.maxReplicas ?? 0) === 0, "replicas-max-per-node can only be used with replicated mode");
      check(
        !task.container.mounts.some(({ volumePerSlot }) => volumePerSlot),
        "volume-per-slot can only be used with replicated mode: a global service's task stays on its node anyway",
      );
      return;
    default:
      unreachable(mode);
  }
}

function validatePreDeploy({ preDeploy, mode }: ServiceSpec): void {
  if (preDeploy === null) return;
  check(!SERVICE_MODES[mode].isJob, "a job has no pre-deploy command: make a job of it, and depend on that one");
  check(preDeploy.command.length > 0, "a pre-deploy timeout needs a pre-deploy command");
  validateWords(preDeploy.command);
}

/** With stop-first, a task is missing while the new one starts: where none may be, no update would ever begin. */
function validateBudget({ maxUnavailable, update, rollback }: ServiceSpec): void {
  if (unavailableMax(maxUnavailable, 1) !== 0) return;
  const isAllowed = [update, rollback].every((config) => (config ?? ROLLOUT_DEFAULTS).order === "START_FIRST");
  check(
    isAllowed,
    `max-unavailable ${maxUnavailable} lets no task stop before another runs: give --update-order start-first and --rollback-order start-first as well`,
  );
}

/** What would replace the tasks of a job step by step has no meaning: each new spec begins a new run. */
function validateJob({ update, rollback, schedule, maxUnavailable }: ServiceSpec): void {
  check(maxUnavailable === "", "max-unavailable is not for jobs: nothing takes away a task of a job");
  check(update === null, "a job cannot have an update configuration: each change of it begins a new run");
  check(rollback === null, "a job cannot have a rollback configuration: going back begins a new run");
  if (schedule === null) return;
  check(schedule.cron !== "", "a time zone, concurrency, start deadline or history of a job needs a schedule");
  const times = parseCron(schedule.cron);
  checkTimeZone(schedule.timeZone || "UTC");
  check(
    nextAfter(times, schedule.timeZone || "UTC", 0) !== null,
    `invalid schedule ${quoted(schedule.cron)}: there is no such day`,
  );
}

function validateTask(task: TaskSpec): void {
  validateContainer(task.container);
  check((task.reservations?.pids ?? 0) === 0, "invalid pids reservation: processes can only be limited");
  validateNetworks(task.networks);
  checkWhole("number of forced updates", task.forceUpdate, Number.MAX_SAFE_INTEGER);
  const hasMemoryLimit = (task.limits?.memoryBytes ?? 0) > 0;
  check(
    task.swapBytes === undefined || hasMemoryLimit,
    "a swap limit needs a memory limit: give --limit-memory as well",
  );
  validateControls(task);
  for (const mode of [task.container.pidMode, task.container.ipcMode]) {
    check(!mode.startsWith("container:"), `invalid mode ${quoted(mode)}: tasks share no namespace with each other`);
  }
  logLimits(task.logDriver);
  validatePlacement(task);
  validateGenericResources(task);
}

function validatePlacement({ placement }: TaskSpec): void {
  const constraints = placement?.constraints ?? [];
  checkLimit(SPEC_LIMITS.constraints, constraints.length);
  for (const text of constraints) checkLimit(SPEC_LIMITS.constraint, bytesOf(text));
  parseConstraints(constraints);
  const spread = placement?.spread ?? [];
  checkLimit(SPEC_LIMITS.preferences, spread.length);
  for (const key of spread) {
    check(key !== "" && isPrintable(key), `invalid placement preference ${quoted(key)}: expected the key of a label`);
    // With room for what precedes the label's own key.
    checkLimit(SPEC_LIMITS.labelKey, bytesOf(key.replace(/^(node|engine)\.labels\./i, "")));
  }
}

function validateGenericResources({ limits, reservations }: TaskSpec): void {
  check((limits?.generic.length ?? 0) === 0, "generic resources cannot be limited, only reserved");
  const wanted = reservations?.generic ?? [];
  checkLimit(SPEC_LIMITS.genericResources, wanted.length);
  for (const resource of wanted) {
    const complaint = complaintOfRequest(resource);
    check(complaint === null, complaint ?? "");
  }
  check(new Set(wanted.map(({ kind }) => kind)).size === wanted.length, "a generic resource is given twice");
}
