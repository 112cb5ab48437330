import { type Description, resolved, type Schema } from "./description.ts";

/** A schema of schemas is no deeper than the API's deepest object; more would be one that contains itself. */
const LEVELS_MAX = 60;

/**
 * What is wrong with a value, a sentence each with the path. null stands for any value, but not for a whole answer that
 * is no list: Go writes its empty lists and maps so, and a real dockerd does as well.
 */
export function faultsOf(value: unknown, schema: Schema, description: Description): readonly string[] {
  if (value === null) return resolved(schema, description).type === "array" ? [] : ["the answer is null"];
  return [...faults(value, schema, { description, path: "", level: 0 })];
}

interface Place {
  readonly description: Description;
  readonly path: string;
  readonly level: number;
}

function* faults(value: unknown, given: Schema, place: Place): Generator<string> {
  if (value === null) return;
  const { description, path, level } = place;
  if (level > LEVELS_MAX) throw new Error(`the schema of ${path} contains itself`);
  const schema = resolved(given, description);
  for (const part of schema.allOf ?? []) yield* faults(value, part, { ...place, level: level + 1 });
  if (schema.type !== undefined && !isOfType(value, schema.type)) {
    yield `${path || "the answer"} must be of type ${schema.type}, and is ${JSON.stringify(value)?.slice(0, 60)}`;
    return;
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    yield `${path} is ${JSON.stringify(value)}, which is none of ${JSON.stringify(schema.enum)}`;
  }
  if (typeof value === "string") yield* faultsOfText(value, schema, path);
  if (typeof value === "number") {
    if (value < (schema.minimum ?? -Infinity) || value > (schema.maximum ?? Infinity)) yield `${path} is ${value}`;
  }
  if (Array.isArray(value)) yield* faultsOfItems(value, schema, place);
  else if (typeof value === "object") yield* faultsOfKeys(value, schema, place);
}

function* faultsOfText(value: string, { pattern, minLength, maxLength }: Schema, path: string): Generator<string> {
  if (value.length < (minLength ?? 0) || value.length > (maxLength ?? Infinity)) {
    yield `${path} has ${value.length} characters`;
  }
  if (pattern !== undefined && !new RegExp(pattern).test(value)) yield `${path} does not match ${pattern}`;
}

function* faultsOfItems(value: readonly unknown[], { items, minItems }: Schema, place: Place): Generator<string> {
  if (value.length < (minItems ?? 0)) yield `${place.path} has ${value.length} items`;
  if (items === undefined) return;
  for (const item of value) yield* faults(item, items, { ...place, path: `${place.path}[]`, level: place.level + 1 });
}

function* faultsOfKeys(value: object, schema: Schema, place: Place): Generator<string> {
  const { properties = {}, required = [], additionalProperties } = schema;
  const pathOf = (key: string): string => (place.path === "" ? key : `${place.path}.${key}`);
  for (const key of required) if (!Object.hasOwn(value, key)) yield `${pathOf(key)} is missing`;
  for (const [key, inner] of Object.entries(value)) {
    const own = Object.hasOwn(properties, key) ? properties[key] : undefined;
    const meant = own ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
    if (meant !== undefined) yield* faults(inner, meant, { ...place, path: pathOf(key), level: place.level + 1 });
  }
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
