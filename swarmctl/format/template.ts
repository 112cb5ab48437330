import { usageError } from "../parse/usage.ts";

/** What a template is filled with: plain data, nested as JSON is. */
export type TemplateData = Readonly<Record<string, unknown>>;

/**
 * The part of Go's templates that people use on a command line: `{{.Field}}`, `{{.A.B}}`, `{{json .Field}}`,
 * `{{json .}}`, and `\t`, `\n`.
 * @throws SwarmError invalidArgument for anything else in braces, or for a field there is not.
 */
export function fillTemplate(template: string, data: TemplateData): string {
  return template
    .replaceAll("\\t", "\t")
    .replaceAll("\\n", "\n")
    .replace(/\{\{(.*?)\}\}/g, (whole, inner: string) => {
      const match = /^\s*(json\s+|upper\s+|lower\s+)?(\.[\w.]*)\s*$/.exec(inner);
      if (match === null) {
        throw usageError(`template parsing error at "${whole}": expected {{.Field}} or {{json .Field}}`);
      }
      const value = lookUp(data, match[2] ?? ".", whole);
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

function lookUp(data: TemplateData, path: string, whole: string): unknown {
  let value: unknown = data;
  for (const field of path.split(".").filter((part) => part !== "")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, field)) {
      const fields = Object.keys(typeof value === "object" && value !== null ? value : {});
      throw usageError(`template error at "${whole}": there is no field ${field} (fields: ${fields.join(", ")})`);
    }
    value = (value as TemplateData)[field];
  }
  return value;
}
