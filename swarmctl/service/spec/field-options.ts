import { unreachable } from "../../../shared/invariant.ts";
import type { FieldType, ServiceField } from "../../../shared/service-spec/field.ts";
import { SERVICE_FIELDS } from "../../../shared/service-spec/fields.ts";
import { goDuration } from "../../format/age.ts";
import type { OptionSpec } from "../../option-spec.ts";

/** Flags of the table of service fields, for `service create`: with their defaults. */
export function createFieldOptions(fields: readonly ServiceField[] = SERVICE_FIELDS): readonly OptionSpec[] {
  return fields
    .filter(({ type, flag }) => type.kind === "list" || !isUpdateOnly(flag))
    .filter(isFirstOfFlag)
    .map((field) => {
      const { type, flag, help } = field;
      if (type.kind === "list") return { flags: flag, help, repeat: true };
      const text = field.default === undefined ? null : defaultText(type, field.default);
      return { flags: flag, help: text === null ? help : `${help} (default ${text})`, ...wordsOf(type) };
    });
}

/**
 * The same for `service update`, where fields that are not given stay unchanged; elements of lists are added and
 * removed.
 */
export function updateFieldOptions(): readonly OptionSpec[] {
  return SERVICE_FIELDS.filter(isFirstOfFlag).flatMap(({ type, flag, help, noun }): readonly OptionSpec[] => {
    if (type.kind !== "list") return [{ flags: flag, help, ...wordsOf(type) }];
    const [, long = "", placeholder = ""] = /--([a-z-]+) (<[a-z]+>)/.exec(flag) ?? [];
    return [
      { flags: `--${long}-add ${placeholder}`, help: `add or replace: ${help}`, repeat: true },
      { flags: `--${long}-rm ${removalPlaceholder(type)}`, help: `remove ${withArticle(noun)}`, repeat: true },
    ];
  });
}

/** Fields of different modes may share a flag. */
function isFirstOfFlag({ flag }: ServiceField, at: number, fields: readonly ServiceField[]): boolean {
  return fields.findIndex((other) => other.flag === flag) === at;
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/i.test(noun) && !noun.startsWith("u") ? "an" : "a"} ${noun}`;
}

/** `stopGracePeriod`: the name under which the parser stores the value of a field's flag. */
export function optionNameOf({ flag }: Pick<ServiceField, "flag">): string {
  return longNameOf({ flag }).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `stop-grace-period`. */
export function longNameOf({ flag }: Pick<ServiceField, "flag">): string {
  return /--([a-z-]+)/.exec(flag)?.[1] ?? flag;
}

/** Arguments follow the image when a service is created. */
function isUpdateOnly(flag: string): boolean {
  return flag.startsWith("--args ");
}

function wordsOf(type: FieldType): { readonly words?: readonly string[] } {
  return type.kind === "choice" ? { words: Object.keys(type.choices) } : {};
}

export function defaultText(type: FieldType, value: unknown): string | null {
  switch (type.kind) {
    case "duration":
      return value === 0 ? "0s" : goDuration(value as number);
    case "choice":
      return Object.entries(type.choices).find(([, ours]) => ours === value)?.[0] ?? null;
    case "switch":
      return null;
    case "whole":
    case "bytes":
    case "cpus":
    case "ratio":
    case "text":
    case "words":
    case "list":
      return String(value);
    default:
      return unreachable(type);
  }
}

function removalPlaceholder(type: Extract<FieldType, { readonly kind: "list" }>): string {
  switch (type.element) {
    case "label":
    case "sysctl":
    case "option":
      return "<key>";
    case "env":
    case "ulimit":
    case "secret":
    case "config":
    case "network":
    case "dependency":
    case "genericResource":
      return "<name>";
    case "mount":
      return "<target>";
    case "port":
      return "<port>";
    case "constraint":
    case "preference":
    case "affinity":
    case "text":
    case "host":
    case "gpu":
      return "<value>";
    case "device":
    case "weight":
    case "rate":
    case "byteRate":
      return "<path>";
    case "hugepages":
      return "<page>";
    case "step":
      return "<command>";
    default:
      return unreachable(type.element);
  }
}
