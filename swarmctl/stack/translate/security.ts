import { parseSecurityOptions, type SecurityChange } from "../../../shared/run-text/security.ts";
import type { Reading } from "./field-row.ts";

const READ = new WeakMap<Reading, SecurityChange | null>();

/** Read once for all the fields that it sets: a fault is to be told once. */
export function securityOf(reading: Reading): SecurityChange | null {
  const before = READ.get(reading);
  if (before !== undefined) return before;
  const { service, notes, path, readTextFile } = reading;
  const change =
    notes.attempt([...path, "security_opt"], () => parseSecurityOptions(service.securityOptions, readTextFile)) ?? null;
  READ.set(reading, change);
  return change;
}
