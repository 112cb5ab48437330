import type { DockerJson } from "../../shared/docker-shape/common.ts";
import { visible } from "../../shared/visible-text.ts";
import type { Output } from "../cli.ts";
import { usageError } from "../parse/usage.ts";
import { fillTemplate } from "./template.ts";

/** A line of `--pretty`: a value, a list of values, or fields below a heading. Empty ones are not shown. */
export type Field = readonly [name: string, value: string | readonly string[] | readonly Field[] | Verbatim];

/** Lines below a heading that have their own format. */
export interface Verbatim {
  readonly lines: readonly string[];
}

/** @throws SwarmError invalidArgument when both are asked for. */
export function requireOneShape(flags: { is(name: string): boolean; has(name: string): boolean }): void {
  if (flags.is("pretty") && flags.has("format")) throw usageError("--pretty and --format cannot be combined");
}

/** Objects as a JSON array, one line each with `json`, or each through a template. */
export function printInspected(objects: readonly DockerJson[], format: string, output: Output): void {
  if (format === "") {
    output.line(JSON.stringify(objects, null, 4));
    return;
  }
  for (const object of objects) {
    output.line(format === "json" ? JSON.stringify(object) : fillTemplate(format, object, "noValue"));
  }
}

/** Fields for people, indented below their headings. */
export function prettyLines(fields: readonly Field[], indent = ""): readonly string[] {
  return fields.flatMap(([name, value]): readonly string[] => {
    if (typeof value === "string") return value === "" ? [] : [`${indent}${name}:\t${visible(value)}`];
    if ("lines" in value) return value.lines.length === 0 ? [] : [`${indent}${name}:`, ...value.lines];
    if (value.length === 0) return [];
    const lines = isNested(value)
      ? prettyLines(value, `${indent} `)
      : (value as readonly string[]).map((item) => `${indent} - ${visible(item)}`);
    return lines.length === 0 ? [] : [`${indent}${name}:`, ...lines];
  });
}

function isNested(value: readonly string[] | readonly Field[]): value is readonly Field[] {
  return Array.isArray(value[0]);
}
