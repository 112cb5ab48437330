import { unreachable } from "../../../shared/invariant.ts";
import { labelsOf } from "../../../shared/objects/labels.ts";
import type { ServiceSpec } from "../../../shared/rpc/gen/objects.ts";
import { parseBytes } from "../../../shared/run-text/bytes.ts";
import { parseDuration } from "../../../shared/run-text/duration.ts";
import type { FieldType, ServiceField } from "../../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../../shared/service-spec/fields.ts";
import { fillPart } from "../../../shared/service-spec/fill-part.ts";
import { modeText, SERVICE_MODES } from "../../../shared/service-spec/modes.ts";
import { valueAt, withValueAt } from "../../../shared/service-spec/paths.ts";
import type { Flags } from "../../flags.ts";
import { parseChoice, parseCpus, parseRatio, parseWhole } from "../../parse/numbers.ts";
import { usageError } from "../../parse/usage.ts";
import { splitWords } from "../../parse/words.ts";
import { elementSyntax } from "./elements.ts";
import { longNameOf, optionNameOf } from "./field-options.ts";
import type { SpecWorld } from "./spec-world.ts";

/** Lists are given as a whole when a service is created, and later changed element by element. */
export type SpecAction = "create" | "update";

/**
 * The spec with every field changed for which a flag was given; other fields stay unchanged. `fields`: those that the
 * command has, under its own flags.
 * @throws SwarmError invalidArgument, also when something to be removed does not exist.
 */
export function applyFields(
  spec: ServiceSpec,
  flags: Flags,
  action: SpecAction,
  world: SpecWorld,
  fields: readonly ServiceField[] = SERVICE_FIELDS,
): ServiceSpec {
  let result = spec;
  for (const field of fields) {
    const changed =
      field.type.kind === "list"
        ? changedList({ field, element: field.type.element }, valueAt(result, field.path), { flags, action, world })
        : givenValue(field, field.type, flags);
    if (changed === undefined) continue;
    const value = changed === CLEARED ? undefined : changed;
    if (!suits(field, spec)) {
      const others = fields.filter((other) => other.flag === field.flag);
      if (others.some((other) => suits(other, spec))) continue;
      throw usageError(`--${longNameOf(field)} is only valid with ${modesOf(others)}`);
    }
    result = withValueAt(result, field.path, value, fillPart);
  }
  return result;
}

function suits({ onlyFor }: ServiceField, { mode }: ServiceSpec): boolean {
  return onlyFor === undefined || (mode !== undefined && onlyFor.includes(mode));
}

/** "a replicated service or a replicated job". */
function modesOf(fields: readonly ServiceField[]): string {
  const modes = fields.flatMap(({ onlyFor = [] }) => onlyFor);
  return modes.map((mode) => `a ${modeText(mode)}${SERVICE_MODES[mode].isJob ? "" : " service"}`).join(" or ");
}

/** The earlier value should count as never set. */
const CLEARED = Symbol("cleared");

type PlainType = Exclude<FieldType, { readonly kind: "list" }>;

function givenValue(field: ServiceField, type: PlainType, flags: Flags): unknown {
  const name = optionNameOf(field);
  if (type.kind === "switch") return flags.switched(name);
  const text = flags.text(name);
  if (text === "" && "clearable" in type) return CLEARED;
  return text === undefined ? undefined : parseValue(type, text, `--${longNameOf(field)}`);
}

function parseValue(type: Exclude<PlainType, { readonly kind: "switch" }>, text: string, flag: string): unknown {
  switch (type.kind) {
    case "text":
      return text;
    case "words":
      return splitWords(text, flag);
    case "whole":
      // 0 unsets what has no other meaning for it; managers check the rest of the range.
      return parseWhole(text, flag, type.min > 0 && text.trim() === "0" ? {} : type);
    case "duration":
      return parseDuration(text, flag);
    case "bytes":
      return type.unlimited === true && text.trim() === "-1" ? -1 : parseBytes(text, flag);
    case "cpus":
      return parseCpus(text, flag);
    case "ratio":
      return parseRatio(text, flag);
    case "choice":
      return parseChoice(text, flag, type.choices);
    default:
      return unreachable(type);
  }
}

interface Given {
  readonly flags: Flags;
  readonly action: SpecAction;
  readonly world: SpecWorld;
}

/**
 * Removals first, then additions; an added element takes the position of the one it replaces. Undefined = no flag was
 * given.
 */
function changedList(
  { field, element }: { readonly field: ServiceField; readonly element: Parameters<typeof elementSyntax>[0] },
  present: unknown,
  { flags, action, world }: Given,
): unknown {
  const [name, long] = [optionNameOf(field), `--${longNameOf(field)}`];
  // An update has the plain form, too, where Docker's update does: --log-opt.
  const added = [...flags.list(name), ...(action === "create" ? [] : flags.list(`${name}Add`))];
  const removed = action === "create" ? [] : flags.list(`${name}Rm`);
  if (added.length + removed.length === 0) return undefined;
  const syntax = elementSyntax(element);
  let elements = syntax.isMap ? Object.entries(present ?? {}) : [...((present ?? []) as readonly unknown[])];
  for (const text of removed) {
    const kept = elements.filter((each) => !syntax.isMeantBy(each, text, `${long}-rm`, world));
    if (kept.length === elements.length) throw usageError(`the service has no ${field.noun} "${text}" to remove`);
    elements = kept;
  }
  const flag = action === "create" ? long : `${long}-add`;
  const fresh = added.flatMap((text) => syntax.parse(text, flag, world));
  for (const [at, each] of syntax.isOnce ? fresh.entries() : [])
    if (fresh.slice(0, at).some((other) => syntax.replaces(each, other)))
      throw usageError(`${field.noun} "${added[at]}" is given twice`);
  for (const each of fresh) {
    const at = elements.findIndex((other) => syntax.replaces(each, other));
    if (at < 0) elements.push(each);
    else elements[at] = each;
  }
  return syntax.isMap ? labelsOf(elements as [string, string][]) : elements;
}
