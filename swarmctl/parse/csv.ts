import { usageError } from "./usage.ts";

/** `a=b,c,"d=e,f"` as fields: commas inside double quotes do not split, `""` is a quote. @throws SwarmError. */
export function splitCsv(text: string, flag: string): readonly string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (quoted && sign === '"' && text[at + 1] === '"') {
      field += '"';
      at++;
    } else if (sign === '"') {
      quoted = !quoted;
    } else if (sign === "," && !quoted) {
      fields.push(field);
      field = "";
    } else {
      field += sign;
    }
  }
  if (quoted) throw usageError(`invalid value ${text} for ${flag}: a quote is not closed`);
  fields.push(field);
  return fields;
}

/** Fields as pairs in order; a field without `=` has the value null. Keys are lower case. */
export function parseCsvPairs(text: string, flag: string): readonly (readonly [string, string | null])[] {
  return splitCsv(text, flag).map((field) => {
    const at = field.indexOf("=");
    if (at === 0) throw usageError(`invalid field '${field}' for ${flag}: expected KEY=VALUE`);
    return at < 0 ? [field.trim().toLowerCase(), null] : [field.slice(0, at).trim().toLowerCase(), field.slice(at + 1)];
  });
}
