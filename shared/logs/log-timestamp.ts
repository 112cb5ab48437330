/** When a line of a log was said, as RFC 3339 with nanoseconds; `nanos` are those within the millisecond. */
export function logTimestamp({ timestampMs, nanos }: { readonly timestampMs: number; readonly nanos: number }): string {
  const text = new Date(timestampMs).toISOString();
  return `${text.slice(0, -1)}${String(nanos).padStart(6, "0")}Z`;
}
