import { usageError } from "../parse/usage.ts";

/** What a template is filled with: plain data, nested as JSON is. */
export type TemplateData = Readonly<Record<string, unknown>>;

/**
 * The part of Go's templates that people use on a command line: `{{.Field}}`, `{{.A.B}}`, `{{json .Field}}`,
 * `{{json .}}`, and `\t`, `\n`. Rows of tables have all their fields, so a missing one is a mistake ("refuse");
 * inspected objects leave out what is empty ("noValue").
 * @throws SwarmError invalidArgument for anything else in braces, or for a field there is not.
 */
export function fillTemplate(template: string, data: TemplateData, missing: "refuse" | "noValue" = "refuse"): string {
  const unclosed = /\{\{(?!.*?\}\})/.exec(template);
  if (unclosed !== null) throw usageError(`template parsing error at "${template.slice(unclosed.index)}": unclosed {{`);
  return template
    .replaceAll("\\t", "\t")
    .replaceAll("\\n", "\n")
    .replace(/\{\{(.*?)\}\}/g, (whole, inner: string) => {
      const match = /^\s*(json\s+|upper\s+|lower\s+)?(\.[\w.]*)\s*$/.exec(inner);
      if (match === null) {
        throw usageError(`template parsing error at "${whole}": expected {{.Field}} or {{json .Field}}`);
      }
      const value = lookUp(data, match[2] ?? ".", missing === "refuse" ? whole : null);
      if (value === undefined) return match[1]?.trim() === "json" ? "null" : "<no value>";
      const text = typeof value === "string" ? value : JSON.stringify(value);
      switch (match[1]?.trim()) {
        case "json":
          return JSON.stringify(value);
        case "upper":
          return text.toUpperCase();
        case "lower":
          return text.toLowerCase();
        default:
          return text;
      }
    });
}

/** The value at a path; undefined where there is none and `whole`, the text to complain about, is null. */
function lookUp(data: TemplateData, path: string, whole: string | null): unknown {
  let value: unknown = data;
  for (const field of path.split(".").filter((part) => part !== "")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, field)) {
      if (whole === null) return undefined;
      const fields = Object.keys(typeof value === "object" && value !== null ? value : {});
      throw usageError(`template error at "${whole}": there is no field ${field} (fields: ${fields.join(", ")})`);
    }
    value = (value as TemplateData)[field];
  }
  return value;
}
