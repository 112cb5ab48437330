import { SERVICE_FIELDS } from "./fields.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * Completes a part of a spec that exists because one of its fields was set: the other fields get their defaults, which
 * are not the wire's zeros (parallelism 0 means all at once). Optional fields stay absent, which means their defaults.
 */
export function fillPart(partPath: string, empty: Part): Part {
  const filled: Record<string, unknown> = { ...empty };
  for (const field of SERVICE_FIELDS) {
    const at = field.path.lastIndexOf(".");
    const key = field.path.slice(at + 1);
    if (field.path.slice(0, at) === partPath && field.default !== undefined && Object.hasOwn(empty, key)) {
      filled[key] = field.default;
    }
  }
  return filled;
}
