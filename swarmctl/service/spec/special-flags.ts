import { mustHave } from "../../../shared/invariant.ts";
import type { ContainerSpec, ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import { parseSecurityOptions } from "../../../shared/run-text/security.ts";
import { SERVICE_FIELDS } from "../../../shared/service-spec/fields.ts";
import { emptySpec } from "../../../shared/service-spec/paths.ts";
import { type Flags, flagOf } from "../../flags.ts";
import { usageError } from "../../parse/usage.ts";
import { changeCapabilities } from "./capabilities.ts";
import { optionNameOf } from "./field-options.ts";
import type { SpecWorld } from "./spec-world.ts";

// Flags that do more than set the field they are named after, or something else.

const HEALTH_OPTIONS = [
  "healthCmd",
  ...SERVICE_FIELDS.filter(({ path }) => path.startsWith("task.container.healthcheck.")).map(optionNameOf),
];

/**
 * --health-cmd is a line for a shell; an empty one restores the image's check. --no-healthcheck disables even that;
 * =false, or any other option about a check, restores it.
 * @throws SwarmError invalidArgument.
 */
function applyHealthCommand(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const isOff = flags.switched("noHealthcheck");
  const isChosen = flags.has(...HEALTH_OPTIONS);
  if (isOff === undefined && !isChosen) return spec;
  if (isOff === true && isChosen) throw usageError("--no-healthcheck conflicts with the --health-* options");
  return withContainer(spec, (container) => {
    const none = mustHave(emptySpec().task?.container?.healthcheck, "an empty health check");
    const before = container.healthcheck ?? none;
    if (isOff === true) return { ...container, healthcheck: { ...none, test: ["NONE"] } };
    return { ...container, healthcheck: { ...before, test: healthTest(before.test, flags.text("healthCmd")) } };
  });
}

function healthTest(before: readonly string[], command: string | undefined): readonly string[] {
  if (command === undefined) return before[0] === "NONE" ? [] : before;
  return command === "" ? [] : ["CMD-SHELL", command];
}

function applyCapabilities(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const given = { add: flags.list("capAdd"), drop: flags.list("capDrop") };
  return withContainer(spec, (container) => ({ ...container, ...changeCapabilities(container, given) }));
}

/** @throws SwarmError invalidArgument for an option that is none. */
function applySecurityOptions(spec: ServiceSpec, flags: Flags, { readTextFile }: SpecWorld): ServiceSpec {
  const change = parseSecurityOptions(flags.list("securityOpt"), readTextFile);
  if (change === null) return spec;
  return withContainer(spec, (container) => {
    const changed = { ...container, ...change };
    const { noNewPrivileges, ...rest } = changed;
    return (noNewPrivileges === undefined ? rest : changed) as ContainerSpec;
  });
}

/** Options belong to a driver: a new driver starts without any. For `service update`, before its options are added. */
export function forgetLogOptions(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const name = flags.text("logDriver");
  const task = mustHave(spec.task, "the task of a service spec");
  if (name === undefined || task.logDriver === null || task.logDriver.name === name) return spec;
  return { ...spec, task: { ...task, logDriver: { ...task.logDriver, options: {} } } };
}

const WINDOWS = "is only valid for containers of Windows, and all nodes run Linux";
/**
 * Docker's flags for features that do not exist here, with what they would need; `unless` lists values that ask for
 * nothing.
 */
const REFUSED: Readonly<Record<string, { readonly why: string; readonly unless?: readonly string[] }>> = {
  credentialSpec: { why: WINDOWS },
  isolation: { why: WINDOWS, unless: ["", "default"] },
};

/** @throws SwarmError invalidArgument for a flag that people would rely on if it were silently ignored. */
function refuseFlags(flags: Flags): void {
  for (const [name, { why, unless = [] }] of Object.entries(REFUSED)) {
    const isAsked = flags.switched(name) ?? (flags.has(name) && !unless.includes(flags.text(name) ?? "given"));
    if (isAsked) throw usageError(`${flagOf(name)} ${why}`);
  }
}

/** All of them. */
export function applySpecialFlags(spec: ServiceSpec, flags: Flags, world: SpecWorld): ServiceSpec {
  refuseFlags(flags);
  return applySecurityOptions(applyHealthCommand(applyCapabilities(spec, flags), flags), flags, world);
}

function withContainer(spec: ServiceSpec, change: (container: ContainerSpec) => ContainerSpec): ServiceSpec {
  const task = mustHave(spec.task, "the task of a service spec");
  return { ...spec, task: { ...task, container: change(mustHave(task.container, "the container of a task spec")) } };
}
