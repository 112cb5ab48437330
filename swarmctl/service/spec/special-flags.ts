import { mustHave } from "../../../shared/invariant.ts";
import type { ContainerSpec, ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import { SERVICE_FIELDS } from "../../../shared/service-spec/fields.ts";
import { emptySpec } from "../../../shared/service-spec/paths.ts";
import type { Flags } from "../../flags.ts";
import { parseSecurityOptions } from "../../parse/security.ts";
import { usageError } from "../../parse/usage.ts";
import { changeCapabilities } from "./capabilities.ts";
import { optionNameOf } from "./field-options.ts";

// Flags that do more, or other, than set the field they are named after.

const HEALTH_OPTIONS = [
  "healthCmd",
  ...SERVICE_FIELDS.filter(({ path }) => path.startsWith("task.container.healthcheck.")).map(optionNameOf),
];

/**
 * --health-cmd is a line for a shell; an empty one brings the image's check back. --no-healthcheck takes that away,
 * too.
 * @throws SwarmError invalidArgument.
 */
function applyHealthCommand(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const command = flags.text("healthCmd");
  const isOff = flags.is("noHealthcheck");
  if (command === undefined && !isOff) return spec;
  if (isOff && flags.has(...HEALTH_OPTIONS)) throw usageError("--no-healthcheck conflicts with the --health-* options");
  return withContainer(spec, (container) => {
    const none = mustHave(emptySpec().task?.container?.healthcheck, "an empty health check");
    const test = command === undefined || command === "" ? [] : ["CMD-SHELL", command];
    if (isOff) return { ...container, healthcheck: { ...none, test: ["NONE"] } };
    return { ...container, healthcheck: { ...(container.healthcheck ?? none), test } };
  });
}

function applyCapabilities(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const given = { add: flags.list("capAdd"), drop: flags.list("capDrop") };
  return withContainer(spec, (container) => ({ ...container, ...changeCapabilities(container, given) }));
}

/** --security-opt no-new-privileges[=false]. @throws SwarmError invalidArgument for any other option. */
function applySecurityOptions(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const options = parseSecurityOptions(flags.list("securityOpt"));
  if (options === null) return spec;
  return withContainer(spec, (container) => ({ ...container, noNewPrivileges: options.noNewPrivileges }));
}

/** Options are those of a driver: another driver begins without. For `service update`, before its options are added. */
export function forgetLogOptions(spec: ServiceSpec, flags: Flags): ServiceSpec {
  const name = flags.text("logDriver");
  const task = mustHave(spec.task, "the task of a service spec");
  if (name === undefined || task.logDriver === null || task.logDriver.name === name) return spec;
  return { ...spec, task: { ...task, logDriver: { ...task.logDriver, options: {} } } };
}

/** What only Windows has. @throws SwarmError invalidArgument: dropped in silence it would be taken for granted. */
function refuseWindowsFlags(flags: Flags): void {
  const isolation = flags.text("isolation");
  const isForWindows = isolation !== undefined && isolation !== "" && isolation !== "default";
  const flag = flags.has("credentialSpec") ? "--credential-spec" : isForWindows ? "--isolation" : null;
  if (flag !== null) throw usageError(`${flag} is only valid for containers of Windows, and all nodes run Linux`);
}

/** All of them. */
export function applySpecialFlags(spec: ServiceSpec, flags: Flags): ServiceSpec {
  refuseWindowsFlags(flags);
  return applySecurityOptions(applyHealthCommand(applyCapabilities(spec, flags), flags), flags);
}

function withContainer(spec: ServiceSpec, change: (container: ContainerSpec) => ContainerSpec): ServiceSpec {
  const task = mustHave(spec.task, "the task of a service spec");
  return { ...spec, task: { ...task, container: change(mustHave(task.container, "the container of a task spec")) } };
}
