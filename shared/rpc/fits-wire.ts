import type protobuf from "protobufjs/light.js";
import { SwarmError } from "../errors.ts";

/**
 * The range of each kind of number that the wire can carry and we can hold exactly. Outside it the encoder would send a
 * different number.
 */
const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/**
 * Checks that every whole number of a message will arrive unchanged: 4294967297 in 32 bits would arrive as 1.
 * @throws SwarmError invalidArgument that names the field.
 */
export function checkFitsWire(type: protobuf.Type, message: unknown): void {
  if (typeof message !== "object" || message === null) return;
  for (const [name, value] of Object.entries(message)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    if (field === undefined || value === null || value === undefined) continue;
    for (const item of itemsOf(field, value)) checkValue(field, item);
  }
}

function itemsOf(field: protobuf.Field, value: unknown): readonly unknown[] {
  if (field.repeated && Array.isArray(value)) return value;
  return field.map && typeof value === "object" && value !== null ? Object.values(value) : [value];
}

function checkValue(field: protobuf.Field, value: unknown): void {
  if (typeof value !== "number") {
    // An enum's type has no fields, and its value is a word.
    if (field.resolvedType !== null && "fields" in field.resolvedType) checkFitsWire(field.resolvedType, value);
    return;
  }
  checkNumber(field.name, field.type, value);
}

/**
 * Checks one number of the field `name` of a type of the wire.
 * @throws SwarmError invalidArgument that names the field.
 */
export function checkNumber(name: string, type: string, value: number): void {
  const [min, max] = RANGES[type] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const isWhole = RANGES[type] === undefined || Number.isSafeInteger(value);
  if (isWhole && value >= min && value <= max) return;
  throw new SwarmError("invalidArgument", `${name} cannot be ${value}: it must be a whole number in ${min}..${max}`);
}
