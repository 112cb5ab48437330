/** Docker's description of its API, as far as requests and answers are made and judged by it. */
import { parse } from "yaml";

/** A schema of Swagger 2.0: JSON Schema, draft 4, with a few words more. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
}

export interface Parameter extends Schema {
  readonly name: string;
  readonly in: "path" | "query" | "header" | "body";
  readonly schema?: Schema;
}

export interface Operation {
  readonly method: string;
  /** With names in braces: `/containers/{id}/json`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** By status, the schema of an answer; null = it has no JSON. */
  readonly answers: ReadonlyMap<number, Schema | null>;
}

export interface Description {
  readonly operations: readonly Operation[];
  readonly definitions: Readonly<Record<string, Schema>>;
}

interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
  readonly responses?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface RawOperation {
  readonly parameters?: readonly Parameter[];
  readonly responses?: Readonly<Record<string, { readonly schema?: Schema; readonly $ref?: string }>>;
}

/** @throws Error for what is no such description. */
export function readDescription(text: string): Description {
  const document = parse(text) as Document | null;
  if (document?.paths === undefined || document.definitions === undefined) {
    throw new Error("this is no Swagger 2.0 file: it has no paths or no definitions");
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], responses = {} }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      answers: new Map(Object.entries(responses).map(([status, { schema }]) => [Number(status), schema ?? null])),
    })),
  );
  return { operations, definitions: document.definitions };
}

/** What a schema means once its reference is followed. @throws Error for a reference that leads nowhere. */
export function resolved(schema: Schema, { definitions }: Description): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace("#/definitions/", "");
  const meant = definitions[name];
  if (meant === undefined) throw new Error(`the description has no definition ${name}`);
  return resolved(meant, { operations: [], definitions });
}
