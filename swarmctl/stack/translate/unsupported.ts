import { SERVICE_SUPPORT } from "../../../shared/compose/support.ts";
import type { Reading } from "./field-row.ts";

/** Of keys that are refused, those with a value that asks for nothing. */
const ASKS: ReadonlyMap<string, (reading: Reading) => boolean> = new Map([
  ["isolation", ({ service }: Reading) => !["", "default"].includes(service.isolation ?? "")],
]);

/** Notes every key of a service that would have no effect. */
export function noteUnsupported(reading: Reading): void {
  const { service, notes, path } = reading;
  for (const [key, support] of SERVICE_SUPPORT) {
    if (support.kind !== "refused" || !service.keys.has(key)) continue;
    if (ASKS.get(key)?.(reading) ?? true)
      notes.unsupported([...path, key], `service ${service.name}: ${key} is not supported: ${support.why}`);
  }
}
