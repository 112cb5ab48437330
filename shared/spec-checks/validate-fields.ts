import { unreachable } from "../invariant.ts";
import { SPEC_LIMITS } from "../objects/limits.ts";
import type { ServiceSpec } from "../objects/types.ts";
import type { FieldType, ServiceField } from "../service-spec/field.ts";
import { SERVICE_FIELDS } from "../service-spec/fields.ts";
import { valueAt } from "../service-spec/paths.ts";
import { check, quoted } from "./refuse.ts";

/** Zero and "" mean "not set" on the wire, in every field where they are not valid values. */
const isUnsaid = (value: unknown): boolean => value === undefined || value === 0 || value === "";

/**
 * Checks each field by itself, by the table of service fields.
 * @throws SwarmError invalidArgument with one sentence about the first invalid value.
 */
export function validateFields(spec: ServiceSpec): void {
  for (const field of SERVICE_FIELDS) {
    const value = valueAt(spec, field.path);
    if (!isUnsaid(value)) validateValue(field, field.type, value);
  }
}

/** @throws SwarmError invalidArgument for a value that the field cannot have. */
export function validateValue({ noun }: ServiceField, type: FieldType, value: unknown): void {
  switch (type.kind) {
    case "text": {
      const text = value as string;
      const { pattern, lengthMax } = type;
      const fits =
        (pattern?.test(text) ?? true) && !text.includes("\0") && (lengthMax === undefined || text.length <= lengthMax);
      check(fits, `invalid ${noun} ${quoted(text)}: ${type.hint ?? `at most ${lengthMax} characters are allowed`}`);
      return;
    }
    case "whole":
      check(
        isWithin(value, type.min, type.max),
        `invalid ${noun} ${value}: it must be between ${type.min} and ${type.max}`,
      );
      return;
    case "duration": {
      const { max } = SPEC_LIMITS.duration;
      check((value as number) >= 0, `invalid ${noun} ${value} ms: it cannot be negative`);
      check(isWithin(value, 0, max), `invalid ${noun} ${value} ms: at most ten years are allowed`);
      return;
    }
    case "bytes":
      if (type.unlimited === true && value === -1) return;
      check((value as number) >= type.min, `invalid ${noun} ${value} bytes: it must be at least ${sizeText(type.min)}`);
      // Above this, numbers on the wire are no longer exact; no host comes near it.
      check(Number.isSafeInteger(value), `invalid ${noun} ${value} bytes: no host has that much`);
      return;
    case "cpus":
      check(
        (value as number) >= type.min,
        `invalid ${noun} ${(value as number) / NANOS_PER_CPU}: it must be at least ${type.min / NANOS_PER_CPU}`,
      );
      check(Number.isSafeInteger(value), `invalid ${noun} ${(value as number) / NANOS_PER_CPU}: no host has that many`);
      return;
    case "ratio":
      check((value as number) >= 0 && (value as number) <= 1, `invalid ${noun} ${value}: it must be between 0 and 1`);
      return;
    case "choice": {
      // The wire may carry values that this field has no use for: a rollback is never rolled back.
      const words = Object.entries(type.choices);
      check(
        words.some(([, ours]) => ours === value),
        `invalid ${noun} ${quoted(String(value).toLowerCase())}: expected ${words.map(([word]) => word).join(" or ")}`,
      );
      return;
    }
    case "switch":
      return;
    case "words":
    case "list":
      // Their elements have their own rules: validate-container.ts, validate-mounts.ts, validate-ports.ts.
      return;
    default:
      unreachable(type);
  }
}

const NANOS_PER_CPU = 1_000_000_000;
const MIB = 1024 * 1024;

function isWithin(value: unknown, min: number, max: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
}

function sizeText(bytes: number): string {
  return bytes % MIB === 0 && bytes > 0 ? `${bytes / MIB} MiB` : `${bytes} bytes`;
}
