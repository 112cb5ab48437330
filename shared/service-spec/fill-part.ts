import { SERVICE_FIELDS } from "./fields.ts";

type Part = Readonly<Record<string, unknown>>;

/**
 * A part of a spec that is there because one of its fields was set: the fields beside it have their defaults, which the
 * wire's zeros are not (parallelism 0 means all at once). Optional fields stay absent, which means their defaults.
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
