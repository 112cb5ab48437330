import { unreachable } from "../invariant.ts";
import type { ServiceSpec } from "../rpc/gen/objects.ts";
import type { FieldType } from "../service-spec/field.ts";
import { SERVICE_FIELDS } from "../service-spec/fields.ts";
import { fillPart } from "../service-spec/fill-part.ts";
import { valueAt, withValueAt } from "../service-spec/paths.ts";
import { type DockerJson, fromNanos, isEmpty, toNanos } from "./common.ts";
import { listShape } from "./elements.ts";
import { restOf } from "./only-told.ts";

export type Building = { [key: string]: unknown };

/**
 * Writes the fields of a spec that the table of service fields knows into Docker's JSON. `withDefaults`: what the spec
 * does not say is filled in.
 */
export function writeFields(spec: ServiceSpec, json: Building, withDefaults: boolean): void {
  for (const { path, type, docker, default: filledIn, dockerShowsEmpty, onlyFor } of SERVICE_FIELDS) {
    const value = valueAt(spec, path) ?? (withDefaults ? filledIn : undefined);
    // Most fields of most services are empty, and a list may be of hundreds of services.
    if (value === undefined || (value === "" && filledIn === undefined && dockerShowsEmpty !== true)) continue;
    if (spec.mode !== undefined && onlyFor?.includes(spec.mode) === false) continue;
    const rest = type.kind === "duration" ? restOf(spec, path, value as number) : null;
    const isSilent = isEmpty(value) && rest === null && (filledIn === undefined || filledIn === value);
    if (isSilent && dockerShowsEmpty !== true) continue;
    const written = toDocker(type, value);
    setAt(json, docker, rest === null ? written : (written as number) + rest);
  }
}

/** The spec with the table's fields set from Docker's JSON. Values are checked by whoever accepts the spec. */
export function readFields(json: DockerJson, spec: ServiceSpec): ServiceSpec {
  let result = spec;
  for (const { path, type, docker, onlyFor } of SERVICE_FIELDS) {
    const value = valueAt(json as unknown as ServiceSpec, docker);
    if (value === undefined) continue;
    // Of a second mode nothing is read; what else does not suit the mode is refused by whoever checks the spec.
    if (spec.mode !== undefined && docker.startsWith("Mode.") && onlyFor?.includes(spec.mode) === false) continue;
    result = withValueAt(result, path, fromDocker(type, value), fillPart);
  }
  return result;
}

/** A value of the spec as Docker writes it. */
export function toDocker(type: FieldType, value: unknown): unknown {
  switch (type.kind) {
    case "duration":
      return toNanos(value as number);
    case "choice":
      return Object.entries(type.choices).find(([, ours]) => ours === value)?.[0] ?? "";
    case "list":
      return listShape(type.element).toDocker(value);
    case "text":
    case "words":
    case "switch":
    case "whole":
    case "bytes":
    case "cpus":
    case "ratio":
      return value;
    default:
      return unreachable(type);
  }
}

/** The inverse. Values are checked by whoever accepts the spec. */
export function fromDocker(type: FieldType, json: unknown): unknown {
  switch (type.kind) {
    case "duration":
      return fromNanos(Number(json));
    case "choice":
      return new Map(Object.entries(type.choices)).get(String(json)) ?? json;
    case "list":
      return listShape(type.element).fromDocker(json);
    case "text":
    case "words":
    case "switch":
    case "whole":
    case "bytes":
    case "cpus":
    case "ratio":
      return json;
    default:
      return unreachable(type);
  }
}

/** Puts a value at a path such as `A.B`, with the objects in between. */
export function setAt(json: Building, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let at = json;
  for (const key of keys) {
    at[key] ??= {};
    at = at[key] as Building;
  }
  at[last] = value;
}
