/** JSON as Docker's HTTP API has it: field names in capitals, durations in nanoseconds, instants in RFC 3339. */
export type DockerJson = Readonly<Record<string, unknown>>;

const NANOS_PER_MS = 1_000_000;

/** Milliseconds as the API's nanoseconds. */
export function toNanos(ms: number): number {
  return ms * NANOS_PER_MS;
}

/** The API's nanoseconds as milliseconds, rounded. */
export function fromNanos(nanos: number): number {
  return Math.round(nanos / NANOS_PER_MS);
}

/** Unix milliseconds as RFC 3339 in UTC; 0, which is never, as the year 1, which is Go's zero. */
export function toRfc3339(ms: number): string {
  return ms === 0 ? "0001-01-01T00:00:00Z" : new Date(ms).toISOString();
}

/** The head every object has. */
export function headOf(object: {
  readonly id: string;
  readonly meta: { readonly version: number; readonly createdAtMs: number; readonly updatedAtMs: number } | null;
}): DockerJson {
  return {
    ID: object.id,
    Version: { Index: object.meta?.version ?? 0 },
    CreatedAt: toRfc3339(object.meta?.createdAtMs ?? 0),
    UpdatedAt: toRfc3339(object.meta?.updatedAtMs ?? 0),
  };
}

/** `key: value` if the value is not empty, like Go's omitempty; for spreading. */
export function unlessEmpty(key: string, value: unknown): DockerJson {
  return isEmpty(value) ? {} : { [key]: value };
}

/** What Go leaves out. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
