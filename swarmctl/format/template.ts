import {
  countOf,
  type TemplateFunction,
  type TemplateFunctions,
  textOf,
  textsOf,
} from "../../shared/template/builtins.ts";
import type { Missing } from "../../shared/template/evaluate.ts";
import { readTemplate } from "../../shared/template/template.ts";

/** The data of a template: plain data, nested like JSON. */
export type TemplateData = Readonly<Record<string, unknown>>;

/** Wider than any terminal. */
const BLANKS_MAX = 1_000;

/** Those of Docker's command line. */
const FUNCTIONS: TemplateFunctions = new Map<string, TemplateFunction>([
  ["json", (value) => JSON.stringify(value ?? null)],
  ["split", (text, separator) => textOf("split", text).split(textOf("split", separator))],
  ["join", (list, separator) => textsOf("join", list).join(textOf("join", separator))],
  ["title", (text) => textOf("title", text).replace(/(?<![\p{L}\p{N}_'])\p{L}/gu, (first) => first.toUpperCase())],
  ["lower", (text) => plainText(text).toLowerCase()],
  ["upper", (text) => plainText(text).toUpperCase()],
  ["pad", (text, before, after) => (text === "" ? "" : `${blanks(before)}${textOf("pad", text)}${blanks(after)}`)],
  ["truncate", (text, length) => [...textOf("truncate", text)].slice(0, countOf("truncate", length)).join("")],
]);

/**
 * Go's templates as Docker's command line has them: `{{.Field}}`, `{{json .}}`, `{{index .Spec.Labels "a.b"}}`,
 * `{{range .Ports}}`, with `\t` and `\n` for a tab and a new line. Rows of tables have all their fields, so a missing
 * one is a mistake ("refuse"); inspected objects leave out what is empty ("noValue").
 * @throws SwarmError invalidArgument for an invalid template, or for a field that does not exist.
 */
export function fillTemplate(template: string, data: TemplateData, missing: Missing = "refuse"): string {
  return readTemplate(template, { functions: FUNCTIONS, missing, meaningOf })(data);
}

function meaningOf(text: string): string {
  return text.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

/** Numbers and words are treated alike. */
function plainText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "");
}

function blanks(count: unknown): string {
  return " ".repeat(Math.min(countOf("pad", count), BLANKS_MAX));
}
