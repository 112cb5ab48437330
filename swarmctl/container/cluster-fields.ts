import type { ServiceField } from "../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";

/** What only a task of the swarm has, as `service create` names it, by the paths of the table. */
const OF_A_JOB: ReadonlySet<string> = new Set([
  "dependsOn",
  "task.placement.constraints",
  "task.placement.spread",
  "task.reservations.nanoCpus",
  "task.reservations.generic",
  "task.container.secrets",
  "task.container.configs",
]);

/** The fields that `run` has with `--cluster` alone. */
export const CLUSTER_FIELDS: readonly ServiceField[] = SERVICE_FIELDS.filter(({ path }) => OF_A_JOB.has(path)).map(
  (field) => ({ ...field, help: `with --cluster: ${field.help}` }),
);
