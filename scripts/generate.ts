/**
 * Makes the TypeScript types and the descriptor of proto/ (shared/rpc/gen). Run by `npm run generate`;
 * `scripts/test` runs it too and fails when the committed files are not what it makes.
 *
 * One file for each .proto file, with one deeply readonly type for each message: what a receiver gets. Comments are
 * carried over. A `oneof` becomes a union distinguished by the property of its name; an `optional` field may be absent.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import protobuf from "protobufjs";

const root = join(import.meta.dirname, "..");
const outDir = join(root, "shared/rpc/gen");
const protoDir = join(root, "proto/swarm/v1");
const fileNames = readdirSync(protoDir).filter((name) => name.endsWith(".proto"));
fileNames.sort();

/** Those that the codec of the command line knows (shared/rpc/light); a field of another type stops the generator. */
const SCALARS: ReadonlyMap<string, string> = new Map([
  ...["double", "int32", "uint32"].map((type) => [type, "number"] as const),
  ...["int64", "uint64"].map((type) => [type, "number"] as const),
  ["bool", "boolean"],
  ["string", "string"],
  ["bytes", "Buffer"],
]);

/** A type's name in TypeScript, and the module that contains it. */
interface Place {
  readonly name: string;
  readonly module: string;
}
const places = new Map<protobuf.ReflectionObject, Place>();

const schema = new protobuf.Root();
schema.resolvePath = (_origin, target) => join(root, "proto", target);
schema.loadSync(
  fileNames.map((name) => `swarm/v1/${name}`),
  { alternateCommentMode: true },
);
schema.resolveAll();
const objects = [...allObjects(schema)];
for (const object of objects) places.set(object, placeOf(object));

rmSync(outDir, { recursive: true, force: true });
mkdirSync(outDir, { recursive: true });
for (const fileName of fileNames) {
  const module = moduleOf(fileName);
  writeFileSync(join(outDir, module), renderModule(module, fileName));
}
// The daemon and the command line load this instead of parsing .proto files at every start.
writeFileSync(join(outDir, "descriptor.json"), `${JSON.stringify(withoutComments(schema.toJSON()), null, 1)}\n`);

function* allObjects(parent: protobuf.NamespaceBase): Generator<protobuf.ReflectionObject> {
  for (const object of parent.nestedArray) {
    if (object instanceof protobuf.Type || object instanceof protobuf.Enum || object instanceof protobuf.Service) {
      yield object;
    }
    if (object instanceof protobuf.Namespace) yield* allObjects(object);
  }
}

/** `Assignments.Kind` of dispatcher.proto is `AssignmentsKind` of dispatcher.ts. */
function placeOf(object: protobuf.ReflectionObject): Place {
  const names = [];
  for (let at: protobuf.ReflectionObject | null = object; at !== null && isDeclared(at); at = at.parent) {
    names.unshift(at.name);
  }
  const suffix = object instanceof protobuf.Service ? "Methods" : "";
  if (object.filename === null) throw new Error(`${object.fullName} comes from no file`);
  const place = { name: `${names.join("")}${suffix}`, module: moduleOf(object.filename) };
  const twin = [...places.values()].find(({ name }) => name === place.name);
  if (twin !== undefined) throw new Error(`${object.fullName} has the name of a type in ${twin.module}: ${place.name}`);
  return place;
}

function isDeclared(object: protobuf.ReflectionObject): boolean {
  return object instanceof protobuf.Type || object instanceof protobuf.Enum || object instanceof protobuf.Service;
}

function moduleOf(fileName: string): string {
  return basename(fileName).replace(/\.proto$/, ".ts");
}

function renderModule(module: string, fileName: string): string {
  const imports = new Map<string, Set<string>>();
  const use = (name: string, from: string): string => {
    if (from !== `./${module}`) imports.set(from, (imports.get(from) ?? new Set()).add(name));
    return name;
  };
  const bodies = objects
    .filter((object) => places.get(object)?.module === module)
    .map((object) => {
      if (object instanceof protobuf.Enum) return renderEnum(object);
      return object instanceof protobuf.Service
        ? renderService(object, use)
        : renderMessage(object as protobuf.Type, use);
    });
  const head = [...imports]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([from, names]) => `import type { ${[...names].sort().join(", ")} } from "${from}";\n`)
    .join("");
  return `// Made from proto/swarm/v1/${fileName} by scripts/generate.ts.\n${head}\n${bodies.join("\n")}`;
}

type Use = (name: string, from: string) => string;

function renderEnum(type: protobuf.Enum): string {
  const values = Object.keys(type.values).map((value) => {
    const comment = type.comments[value];
    return `${docOf(comment ?? null, "  ")}  | ${JSON.stringify(value)}`;
  });
  return `${docOf(type.comment, "")}export type ${placeName(type)} =\n${values.join("\n")};\n`;
}

/** Fields outside any oneof; then, for each oneof, a union of what may be set. */
function renderMessage(type: protobuf.Type, use: Use): string {
  const oneofs = type.oneofsArray.filter((oneof) => !isSynthetic(oneof));
  if (oneofs.length > 0 && oneofs.length < type.oneofsArray.length) {
    // shared/rpc/decoded-objects.ts decides for each message as a whole whether its oneofs are shown.
    throw new Error(`${type.fullName} has both a oneof and an optional field`);
  }
  const plain = type.fieldsArray.filter((field) => !oneofs.some((oneof) => oneof.fieldsArray.includes(field)));
  const name = placeName(type);
  const fields = plain.map((field) => renderField(field, use)).join("");
  const doc = docOf(type.comment, "");
  const body = fields === "" ? "{}" : `{\n${fields}}`;
  if (oneofs.length === 0) {
    return fields === ""
      ? `${doc}export type ${name} = Readonly<Record<string, never>>;\n`
      : `${doc}export interface ${name} ${body}\n`;
  }
  const unions = oneofs.map((oneof) => renderOneof(oneof, use)).join(" & ");
  return `${doc}export type ${name} = ${body} & ${unions};\n`;
}

function renderOneof(oneof: protobuf.OneOf, use: Use): string {
  const variants = [null, ...oneof.fieldsArray].map((chosen) => {
    const told = chosen === null ? `${oneof.name}?: undefined` : `${oneof.name}: ${JSON.stringify(chosen.name)}`;
    const parts = oneof.fieldsArray.map((field) =>
      field === chosen
        ? `${docOf(field.comment, "      ")}      readonly ${field.name}: ${typeOf(field, use)};\n`
        : `      readonly ${field.name}?: undefined;\n`,
    );
    return `  | {\n      readonly ${told};\n${parts.join("")}    }`;
  });
  return `(\n${variants.join("\n")}\n)`;
}

function renderField(field: protobuf.Field, use: Use): string {
  const absent = field.partOf !== null ? "?" : "";
  return `${docOf(field.comment, "  ")}  readonly ${field.name}${absent}: ${wholeTypeOf(field, use)};\n`;
}

function wholeTypeOf(field: protobuf.Field, use: Use): string {
  const one = typeOf(field, use);
  if (field instanceof protobuf.MapField) return `{ readonly [key: string]: ${one} }`;
  if (field.repeated) return `readonly ${one}[]`;
  return field.resolvedType instanceof protobuf.Type ? `${one} | null` : one;
}

function typeOf(field: protobuf.Field, use: Use): string {
  const scalar = SCALARS.get(field.type);
  if (scalar !== undefined) return scalar;
  const type = field.resolvedType;
  if (type === null) throw new Error(`${field.fullName} is of an unknown type, ${field.type}`);
  return useType(type, use);
}

function useType(type: protobuf.ReflectionObject, use: Use): string {
  const place = places.get(type);
  if (place === undefined) throw new Error(`${type.fullName} has no place`);
  return use(place.name, `./${place.module}`);
}

function renderService(service: protobuf.Service, use: Use): string {
  const methods = service.methodsArray.map((method) => {
    const { resolvedRequestType, resolvedResponseType } = method;
    if (resolvedRequestType === null || resolvedResponseType === null)
      throw new Error(`${method.fullName} is unresolved`);
    const kind = method.requestStream
      ? method.responseStream
        ? "bidi"
        : "clientStream"
      : method.responseStream
        ? "serverStream"
        : "unary";
    const name = `${method.name.charAt(0).toLowerCase()}${method.name.slice(1)}`;
    const rpc = use("RpcMethod", "../service-types.ts");
    const types = `"${kind}", ${useType(resolvedRequestType, use)}, ${useType(resolvedResponseType, use)}`;
    return `${docOf(method.comment, "  ")}  readonly ${name}: ${rpc}<${types}>;\n`;
  });
  return `${docOf(service.comment, "")}export interface ${placeName(service)} {\n${methods.join("")}}\n`;
}

/** What the parser makes of `optional`: a oneof of one field, named with an underscore. */
function isSynthetic(oneof: protobuf.OneOf): boolean {
  return oneof.fieldsArray.length === 1 && oneof.name === `_${oneof.fieldsArray[0]?.name}`;
}

function placeName(type: protobuf.ReflectionObject): string {
  return places.get(type)?.name ?? type.name;
}

function docOf(comment: string | null, indent: string): string {
  if (comment === null || comment === "") return "";
  const lines = comment.split("\n");
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

function withoutComments(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutComments);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "comment" && key !== "comments")
      .map(([key, part]) => [key, withoutComments(part)]),
  );
}
