import { BUILTINS, LAZY_FUNCTIONS, type TemplateFunctions } from "./builtins.ts";
import { type Budget, evaluate, type Missing, newBudget } from "./evaluate.ts";
import { parse } from "./parser.ts";

export interface TemplateOptions {
  /** In addition to Go's own, which they may replace. */
  readonly functions: TemplateFunctions;
  readonly missing: Missing;
  /** What text outside braces stands for, such as a tab for `\t`. */
  readonly meaningOf?: (text: string) => string;
  /** Shared by templates that are evaluated for one request. Absent = a new counter each time. */
  readonly budget?: Budget;
}

/** A template that is parsed once, to be filled in with any data. @throws SwarmError invalidArgument. */
export type Template = (data: unknown) => string;

/**
 * Parses a template in Go's language: fields, pipes, functions, variables, if, with, range, comments, trimmed blanks.
 * @throws SwarmError invalidArgument with the faulty action, and what is wrong with it.
 */
export function readTemplate(text: string, options: TemplateOptions): Template {
  const { functions, missing, meaningOf, budget } = options;
  const known = new Map([...BUILTINS, ...functions]);
  const isFunction = (name: string): boolean => known.has(name) || LAZY_FUNCTIONS.includes(name);
  const nodes = parse(text, isFunction, meaningOf ?? ((same) => same));
  return (data) => evaluate(nodes, data, { functions: known, missing, budget: budget ?? newBudget() });
}
