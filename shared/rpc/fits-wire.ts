import type protobuf from "protobufjs/light.js";
import { SwarmError } from "../errors.ts";

/**
 * The range of each kind of number that the wire can carry and we can hold exactly. Outside it the encoder would send a
 * different number.
 */
const RANGES: Readonly<Record<string, Range>> = {
  int32: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  uint32: { min: 0, max: 2 ** 32 - 1 },
  int64: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER },
  uint64: { min: 0, max: Number.MAX_SAFE_INTEGER },
};

const ANY_NUMBER: Range = { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };

interface Range {
  readonly min: number;
  readonly max: number;
}

/** The fields of a type in which a number can be, at whatever depth. */
const fieldsByType = new WeakMap<protobuf.Type, readonly protobuf.Field[]>();

function fieldsOf(type: protobuf.Type): readonly protobuf.Field[] {
  let fields = fieldsByType.get(type);
  if (fields === undefined) {
    fields = type.fieldsArray.filter(({ type: name, resolvedType }) =>
      // An enum's type has no fields, and its value is a word.
      resolvedType === null ? RANGES[name] !== undefined || name === "double" : "fields" in resolvedType,
    );
    fieldsByType.set(type, fields);
  }
  return fields;
}

/**
 * Checks that every whole number of a message will arrive unchanged: 4294967297 in 32 bits would arrive as 1.
 * @throws SwarmError invalidArgument that names the field.
 */
export function checkFitsWire(type: protobuf.Type, message: unknown): void {
  if (typeof message !== "object" || message === null) return;
  for (const field of fieldsOf(type)) {
    const value = (message as Readonly<Record<string, unknown>>)[field.name];
    if (value === null || value === undefined) continue;
    if (field.repeated && Array.isArray(value)) for (const item of value) checkValue(field, item);
    else if (field.map) for (const item of Object.values(value)) checkValue(field, item);
    else checkValue(field, value);
  }
}

function checkValue(field: protobuf.Field, value: unknown): void {
  if (typeof value === "number") checkNumber(field.name, field.type, value);
  else if (field.resolvedType !== null) checkFitsWire(field.resolvedType as protobuf.Type, value);
}

/**
 * Checks one number of the field `name` of a type of the wire.
 * @throws SwarmError invalidArgument that names the field.
 */
export function checkNumber(name: string, type: string, value: number): void {
  const range = RANGES[type];
  const { min, max } = range ?? ANY_NUMBER;
  const isWhole = range === undefined || Number.isSafeInteger(value);
  if (isWhole && value >= min && value <= max) return;
  throw new SwarmError("invalidArgument", `${name} cannot be ${value}: it must be a whole number in ${min}..${max}`);
}
