import type { ComposeProject } from "../../../shared/compose/project.ts";
import type { ComposeService } from "../../../shared/compose/service.ts";
import type { ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import type { ValueAt } from "../../../shared/service-spec/paths.ts";
import type { Notes } from "./notes.ts";

/** What a service's keys are read with. */
export interface Reading {
  readonly project: ComposeProject;
  readonly stack: string;
  readonly service: ComposeService;
  readonly notes: Notes;
  /** Where the service stands in the file; a key goes behind it. */
  readonly path: readonly string[];
  /** @throws SwarmError when it cannot be read. */
  readonly readTextFile: (path: string) => string;
}

/** A field of a service's spec, and what of a Compose file says it. */
export interface FieldRow {
  /** As in the file: `stop_grace_period`, `deploy.placement.constraints`. */
  readonly key: string;
  readonly path: string;
  /** null, undefined, an empty list and an empty map = the field is not set. */
  readonly read: (reading: Reading) => unknown;
}

/** A row of a table; one whose path leads nowhere, or to something of another type, does not compile. */
export function row<const Path extends string>(
  key: string,
  path: Path,
  read: (service: ComposeService, reading: Reading) => ValueAt<ServiceSpec, Path> | null | undefined,
): FieldRow {
  return { key, path, read: (reading) => read(reading.service, reading) };
}

/** Whether a value says nothing. */
export function isUnset(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** The wire has whole milliseconds; what is not 0 must not become it. */
export function wholeMs(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms > 0 ? Math.max(1, Math.round(ms)) : ms;
}
