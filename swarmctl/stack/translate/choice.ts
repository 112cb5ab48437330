import { SERVICE_FIELDS } from "../../../shared/service-spec/fields.ts";

/** What the wire calls one of Docker's words, by the table of fields; null = nothing was said. */
export function choice<Value extends string>(path: string, word: string): Value;
export function choice<Value extends string>(path: string, word: string | null): Value | null;
export function choice<Value extends string>(path: string, word: string | null): Value | null {
  if (word === null) return null;
  const type = SERVICE_FIELDS.find((field) => field.path === path)?.type;
  if (type?.kind !== "choice") throw new Error(`${path} has no words`);
  return (type.choices[word] ?? word) as Value;
}
