import { mustHave } from "../../invariant.ts";

/** What gen/descriptor.json says of a field. */
interface FieldDescription {
  readonly type: string;
  readonly id: number;
  readonly rule?: string;
  readonly keyType?: string;
}

/** What gen/descriptor.json says of a message, an enum or a service, whichever of its parts are there. */
export interface Description {
  readonly fields?: Readonly<Record<string, FieldDescription>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly methods?: Readonly<Record<string, MethodDescription>>;
  readonly nested?: Readonly<Record<string, Description>>;
}

export interface MethodDescription {
  readonly requestType: string;
  readonly responseType: string;
  readonly requestStream?: boolean;
  readonly responseStream?: boolean;
}

/** How one value of a field is written. */
export type ValueKind =
  | { readonly kind: "number"; readonly type: string; readonly signed: boolean }
  | { readonly kind: "double" | "bool" | "string" | "bytes" }
  | {
      readonly kind: "enum";
      readonly numbers: ReadonlyMap<string, number>;
      readonly words: ReadonlyMap<number, string>;
    }
  | { readonly kind: "message"; readonly type: MessageType };

export interface MessageField {
  readonly name: string;
  readonly id: number;
  readonly many: "one" | "list" | "map";
  /** The name of the oneof it belongs to; null for `optional` fields and all others. */
  readonly oneof: string | null;
  /** Absent unless it was sent: a part of a oneof, or `optional`. */
  readonly mayBeAbsent: boolean;
  readonly value: ValueKind;
}

/** A message's fields, looked up only when the first message of its type is met: a command needs a few of hundreds. */
export class MessageType {
  readonly #scope: readonly Description[];
  readonly #ofDescription: Map<Description, MessageType>;
  #fields: readonly MessageField[] | null = null;
  #byId: ReadonlyMap<number, MessageField> | null = null;

  private constructor(scope: readonly Description[], ofDescription: Map<Description, MessageType>) {
    this.#scope = scope;
    this.#ofDescription = ofDescription;
  }

  /** The top-level message of that name in a package. */
  static of(pack: Description, name: string, known: Map<Description, MessageType>): MessageType {
    return MessageType.#at(resolve([pack], name), known);
  }

  static #at(scope: readonly Description[], known: Map<Description, MessageType>): MessageType {
    const description = mustHave(scope.at(-1), "a message's description");
    const type = known.get(description) ?? new MessageType(scope, known);
    known.set(description, type);
    return type;
  }

  get fields(): readonly MessageField[] {
    this.#fields ??= this.#read();
    return this.#fields;
  }

  field(id: number): MessageField | undefined {
    this.#byId ??= new Map(this.fields.map((field) => [field.id, field]));
    return this.#byId.get(id);
  }

  #read(): readonly MessageField[] {
    const { fields = {}, oneofs = {} } = mustHave(this.#scope.at(-1), "a message's description");
    const oneofOf = new Map(Object.entries(oneofs).flatMap(([name, { oneof }]) => oneof.map((part) => [part, name])));
    return Object.entries(fields).map(([name, { type, id, rule, keyType }]) => {
      const oneof = oneofOf.get(name);
      return {
        name,
        id,
        many: keyType !== undefined ? "map" : rule === "repeated" ? "list" : "one",
        // What the parser makes of `optional`: a oneof of one field, named with an underscore.
        oneof: oneof === undefined || oneof.startsWith("_") ? null : oneof,
        mayBeAbsent: oneof !== undefined,
        value: this.#valueKind(type),
      };
    });
  }

  #valueKind(type: string): ValueKind {
    switch (type) {
      case "int32":
      case "int64":
        return { kind: "number", type, signed: true };
      case "uint32":
      case "uint64":
        return { kind: "number", type, signed: false };
      case "double":
      case "bool":
      case "string":
      case "bytes":
        return { kind: type };
      default: {
        const scope = resolve(this.#scope, type);
        const values = scope.at(-1)?.values;
        if (values === undefined) return { kind: "message", type: MessageType.#at(scope, this.#ofDescription) };
        const entries = Object.entries(values);
        return {
          kind: "enum",
          numbers: new Map(entries),
          words: new Map(entries.map(([word, number]) => [number, word])),
        };
      }
    }
  }
}

/** The description of a name, with those around it: looked for where the name is used, then further out. */
function resolve(scope: readonly Description[], name: string): readonly Description[] {
  const path = name.split(".");
  for (let depth = scope.length; depth > 0; depth--) {
    const found = [...scope.slice(0, depth)];
    for (const part of path) {
      const next = found.at(-1)?.nested?.[part];
      if (next === undefined) break;
      found.push(next);
    }
    if (found.length === depth + path.length) return found;
  }
  return mustHave<readonly Description[]>(null, `${name} in the descriptor`);
}
