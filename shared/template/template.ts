import { BUILTINS, LAZY_FUNCTIONS, type TemplateFunctions } from "./builtins.ts";
import { type Budget, evaluate, type Missing, newBudget } from "./evaluate.ts";
import { parse } from "./parser.ts";

export interface TemplateOptions {
  /** Besides Go's own, which they may replace. */
  readonly functions: TemplateFunctions;
  readonly missing: Missing;
  /** What text outside of braces stands for, such as a tab for `\t`. */
  readonly meaningOf?: (text: string) => string;
  /** Shared by templates that are filled for one request. Absent = one for each filling. */
  readonly budget?: Budget;
}

/** A template that was read once, to be filled with any data. @throws SwarmError invalidArgument. */
export type Template = (data: unknown) => string;

/**
 * Reads a template of Go's language: fields, pipes, functions, variables, if, with, range, comments, trimmed blanks.
 * @throws SwarmError invalidArgument with the action that is wrong, and what is wrong about it.
 */
export function readTemplate(text: string, options: TemplateOptions): Template {
  const { functions, missing, meaningOf, budget } = options;
  const known = new Map([...BUILTINS, ...functions]);
  const isFunction = (name: string): boolean => known.has(name) || LAZY_FUNCTIONS.includes(name);
  const nodes = parse(text, isFunction, meaningOf ?? ((same) => same));
  return (data) => evaluate(nodes, data, { functions: known, missing, budget: budget ?? newBudget() });
}
