import type { ServiceSpec } from "../rpc/gen/objects.ts";
import { SERVICE_FIELDS } from "../service-spec/fields.ts";
import { fillPart } from "../service-spec/fill-part.ts";
import { valueAt, withValueAt } from "../service-spec/paths.ts";
import { type DockerJson, isEmpty } from "./common.ts";
import { type Building, fromDocker, setAt, toDocker } from "./fields.ts";

/** "Without a limit" and "as the host has it", where 0 would have done as well. */
const UNSAID = -1;

/**
 * The spec with what the table of service fields knows set from Docker's configuration of one container. Zeros, which
 * Docker's clients post for everything that was not said, set nothing.
 */
export function readRunFields(json: DockerJson, spec: ServiceSpec): ServiceSpec {
  let result = spec;
  for (const { path, type, dockerRun } of SERVICE_FIELDS) {
    const value = dockerRun === undefined ? undefined : valueAt(json as unknown as ServiceSpec, dockerRun);
    if (isEmpty(value) || value === UNSAID) continue;
    result = withValueAt(result, path, fromDocker(type, value), fillPart);
  }
  return result;
}

/** The inverse: what is set is written into Docker's JSON, over the defaults that it has. */
export function writeRunFields(spec: Pick<ServiceSpec, "task">, json: Building): void {
  for (const { path, type, dockerRun } of SERVICE_FIELDS) {
    const value = dockerRun === undefined ? undefined : valueAt(spec as ServiceSpec, path);
    if (dockerRun !== undefined && !isEmpty(value)) setAt(json, dockerRun, toDocker(type, value));
  }
}
