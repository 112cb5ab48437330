import { unreachable } from "../../shared/invariant.ts";
import type { FileReference, ServiceSpec } from "../../shared/rpc/gen/objects.ts";
import type { ElementKind, FieldType } from "../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../shared/service-spec/fields.ts";
import { valueAt } from "../../shared/service-spec/paths.ts";
import { isSame } from "../same.ts";
import { withoutDigest } from "../task/row.ts";
import { shown as shownField } from "./field-text.ts";

/** A value in a line; more of it helps nobody. */
const SHOWN_MAX = 200;

interface Compared {
  readonly path: string;
  readonly noun: string;
  /** null = it is in no table, and is shown as it is. */
  readonly type: FieldType | null;
}

const IMAGE: Compared = { path: "task.container.image", noun: "image", type: null };
/** What a spec has besides the fields of the table, as far as flags change it. */
const OTHERS: readonly Compared[] = [
  { path: "task.container.capabilityAdd", noun: "added capability", type: null },
  { path: "task.container.capabilityDrop", noun: "dropped capability", type: null },
  { path: "task.container.healthcheck.test", noun: "health check", type: null },
  { path: "task.forceUpdate", noun: "forced updates", type: null },
];

/**
 * What differs between two specs of a service, in a line each: `image: nginx:1 -> nginx:2`; of lists `+ env A=1` and
 * `- env A=1`. Empty when they say the same.
 */
export function specChanges(before: ServiceSpec, after: ServiceSpec): readonly string[] {
  const fields = [IMAGE, ...SERVICE_FIELDS.filter((field) => isOfMode(field, after)), ...OTHERS];
  const lines = fields.flatMap((field) => changesOf(field, valueAt(before, field.path), valueAt(after, field.path)));
  // Rare settings have no line of their own, but nobody should read that nothing is different.
  return lines.length > 0 || isSame(before, after) ? lines : ["other settings"];
}

function isOfMode({ onlyFor }: (typeof SERVICE_FIELDS)[number], { mode }: ServiceSpec): boolean {
  return mode === undefined || onlyFor === undefined || onlyFor.includes(mode);
}

function changesOf({ noun, path, type }: Compared, one: unknown, other: unknown): readonly string[] {
  if (isSame(one, other)) return [];
  if (path === IMAGE.path) return [`${noun}: ${imageTexts(String(one), String(other)).join(" -> ")}`];
  const [ones, others] = [elementsOf(one, type), elementsOf(other, type)];
  if (ones === null || others === null) return [`${noun}: ${shown(type, one)} -> ${shown(type, other)}`];
  const removed = ones.filter((each) => !others.includes(each)).map((each) => `- ${noun} ${each}`);
  const added = others.filter((each) => !ones.includes(each)).map((each) => `+ ${noun} ${each}`);
  return removed.length + added.length === 0 ? [`${noun}: other order`] : [...removed, ...added];
}

/** Without the digests, unless nothing else tells them apart. */
function imageTexts(one: string, other: string): readonly [string, string] {
  const short = [withoutDigest(one), withoutDigest(other)] as const;
  return short[0] === short[1] ? [one, other] : short;
}

/** The elements of a list, the pairs of a map; null = it is neither. */
function elementsOf(value: unknown, type: FieldType | null): readonly string[] | null {
  if (type?.kind !== "list") return null;
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map((each) => elementText(each, type.element));
  return Object.entries(value as object).map(([key, each]) => `${key}=${asItIs(each)}`);
}

function elementText(element: unknown, kind: ElementKind): string {
  if (kind !== "secret" && kind !== "config") return asItIs(element);
  const { sourceName, target } = element as FileReference;
  return `${sourceName} as ${target}`;
}

function shown(type: FieldType | null, value: unknown): string {
  if (type === null || value === undefined) return asItIs(value);
  switch (type.kind) {
    case "duration":
    case "choice":
    case "cpus":
    case "bytes":
      return cut(String(shownField(type, value)));
    case "text":
    case "words":
    case "switch":
    case "whole":
    case "ratio":
    case "list":
      return asItIs(value);
    default:
      return unreachable(type);
  }
}

function asItIs(value: unknown): string {
  if (value === undefined || value === "") return "(not set)";
  if (typeof value === "string") return cut(value);
  const isWords = Array.isArray(value) && value.every((each) => typeof each === "string");
  return cut(isWords ? value.join(" ") : JSON.stringify(value));
}

const cut = (text: string): string => (text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text);
