import type { ServiceField } from "../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";

/** Docker's flags of `run` where they are not those of `service create`. */
const RUN_FLAGS: Readonly<Record<string, string>> = {
  "task.container.labels": "-l, --label <label>",
  "task.container.groups": "--group-add <group>",
  "task.container.hosts": "--add-host <host>",
  "task.limits.nanoCpus": "--cpus <cpus>",
  "task.limits.memoryBytes": "-m, --memory <size>",
  "task.limits.pids": "--pids-limit <number>",
  "task.reservations.memoryBytes": "--memory-reservation <size>",
};
const RUN_HELP: Readonly<Record<string, string>> = {
  "task.container.labels": "label KEY=VALUE",
  "task.container.hostname": "host name of the container",
  "endpoint.ports": "publish [[HOST_IP:]PUBLISHED:]TARGET[/PROTOCOL] on this host",
};
/** Set in another way by `run`, or only services have them. */
const NOT_OF_RUN: ReadonlySet<string> = new Set([
  "task.container.command",
  "task.container.args",
  "task.container.secrets",
  "task.container.configs",
  "task.container.stopGracePeriodMs",
  "task.container.pullPolicy",
]);
const BESIDES_CONTAINER: ReadonlySet<string> = new Set([
  "task.limits.nanoCpus",
  "task.limits.memoryBytes",
  "task.limits.pids",
  "task.reservations.memoryBytes",
  "task.memorySwappiness",
  "endpoint.ports",
]);

/**
 * The fields of a service that `run` and `create` have, under Docker's flags: what a service's container can be, one
 * without a service can be as well.
 */
export const RUN_FIELDS: readonly ServiceField[] = SERVICE_FIELDS.filter(({ path }) => {
  const isContainer = path.startsWith("task.container.") || path.startsWith("task.logDriver.");
  return (isContainer || BESIDES_CONTAINER.has(path)) && !NOT_OF_RUN.has(path);
}).map((field) => ({
  ...field,
  flag: RUN_FLAGS[field.path] ?? field.flag,
  help: RUN_HELP[field.path] ?? field.help,
}));
