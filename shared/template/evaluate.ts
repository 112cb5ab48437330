import { messageOf, SwarmError } from "../errors.ts";
import { mustHave, unreachable } from "../invariant.ts";
import { LAZY_FUNCTIONS, type TemplateFunctions } from "./builtins.ts";
import { fillingError } from "./errors.ts";
import type { Command, Node, Operand, Pipe } from "./nodes.ts";
import { elementsOf, goText, isMap, isTrue } from "./values.ts";

/**
 * Nested ranges multiply, and so do strings that are doubled again and again. A step is an action, an element or a
 * thousand characters of a function's result; a million steps take a second.
 */
const STEPS_MAX = 1_000_000;
const CHARACTERS_PER_STEP = 1_000;
/** In characters, also for a single value: the result is shown to a person, or passed to a program as one word. */
const OUTPUT_LENGTH_MAX = 4 * 1024 * 1024;

/** What a missing field gives: a refusal, or `<no value>`. */
export type Missing = "refuse" | "noValue";

/** Steps that are left; templates that are evaluated for the same request share one counter. */
export interface Budget {
  left: number;
}

export function newBudget(left = STEPS_MAX): Budget {
  return { left };
}

export interface Filling {
  readonly functions: TemplateFunctions;
  readonly missing: Missing;
  readonly budget: Budget;
}

/** @throws SwarmError invalidArgument, naming the action, when the template does not fit the data. */
export function evaluate(nodes: readonly Node[], data: unknown, filling: Filling): string {
  const evaluation = new Evaluation(filling);
  evaluation.run(nodes, data, new Map([["$", { value: data }]]));
  return evaluation.text;
}

type Variables = Map<string, { value: unknown }>;
type Leaving = "break" | "continue" | null;

class Evaluation {
  readonly #filling: Filling;
  readonly #parts: string[] = [];
  #length = 0;
  /** The action that is being evaluated. */
  #source = "";

  constructor(filling: Filling) {
    this.#filling = filling;
  }

  get text(): string {
    return this.#parts.join("");
  }

  /** Variables created here end here; those of the enclosing blocks are shared. */
  run(nodes: readonly Node[], dot: unknown, outer: Variables): Leaving {
    const variables: Variables = new Map(outer);
    for (const node of nodes) {
      const leaving = this.#node(node, dot, variables);
      if (leaving !== null) return leaving;
    }
    return null;
  }

  #node(node: Node, dot: unknown, variables: Variables): Leaving {
    this.#step();
    switch (node.kind) {
      case "text":
        this.#write(node.text);
        return null;
      case "output": {
        this.#source = node.source;
        const value = this.#pipe(node.pipe, dot, variables);
        if (node.pipe.variables.length === 0) this.#write(goText(value));
        return null;
      }
      case "break":
      case "continue":
        return node.kind;
      case "if":
      case "with": {
        this.#source = node.source;
        const inner: Variables = new Map(variables);
        const value = this.#pipe(node.pipe, dot, inner);
        if (!isTrue(value)) return this.run(node.otherwise, dot, inner);
        return this.run(node.body, node.kind === "with" ? value : dot, inner);
      }
      case "range":
        return this.#range(node, dot, variables);
      default:
        return unreachable(node);
    }
  }

  #range(node: Extract<Node, { readonly kind: "range" }>, dot: unknown, variables: Variables): Leaving {
    this.#source = node.source;
    const inner: Variables = new Map(variables);
    const { variables: names, commands } = node.pipe;
    const value = this.#pipe({ variables: [], isAssignment: false, commands }, dot, inner);
    const elements = elementsOf(value);
    if (elements === null) throw this.#wrong(`range over ${goText(value)}, which is neither a list nor a map`);
    if (elements.length === 0) return this.run(node.otherwise, dot, inner);
    for (const [key, element] of elements) {
      this.#step();
      const [first, second] = names;
      if (second !== undefined) this.#assign(node.pipe, second, element, inner);
      if (first !== undefined) this.#assign(node.pipe, first, second === undefined ? element : key, inner);
      if (this.run(node.body, element, inner) === "break") break;
    }
    return null;
  }

  #pipe({ commands, ...declared }: Pipe, dot: unknown, variables: Variables): unknown {
    let value: unknown;
    commands.forEach((command, at) => {
      value = this.#command(command, dot, variables, at === 0 ? [] : [value]);
    });
    for (const name of declared.variables) this.#assign(declared, name, value, variables);
    return value;
  }

  #assign({ isAssignment }: Pick<Pipe, "isAssignment">, name: string, value: unknown, variables: Variables): void {
    if (isAssignment) mustHave(variables.get(name), "a variable that the parser knew").value = value;
    else variables.set(name, { value });
  }

  #command({ functionName, operands }: Command, dot: unknown, variables: Variables, last: readonly unknown[]): unknown {
    this.#step();
    if (functionName === null) return this.#operand(mustHave(operands[0], "an operand"), dot, variables);
    if (LAZY_FUNCTIONS.includes(functionName)) {
      let value: unknown;
      for (const operand of operands) {
        value = this.#operand(operand, dot, variables);
        if (isTrue(value) === (functionName === "or")) return value;
      }
      return last.length > 0 ? last[0] : value;
    }
    const args = operands.map((operand) => this.#operand(operand, dot, variables));
    return this.#call(functionName, [...args, ...last]);
  }

  #call(name: string, args: readonly unknown[]): unknown {
    const source = this.#source;
    try {
      const value = mustHave(this.#filling.functions.get(name), "a function that the parser knew")(...args);
      if (typeof value === "string" || Array.isArray(value)) this.#weigh(value.length);
      return value;
    } catch (error) {
      if (error instanceof SwarmError) throw error;
      throw fillingError(source, messageOf(error));
    }
  }

  #operand({ from, fields }: Operand, dot: unknown, variables: Variables): unknown {
    let value = this.#origin(from, dot, variables);
    for (const field of fields) value = this.#field(value, field);
    return value;
  }

  #origin(from: Operand["from"], dot: unknown, variables: Variables): unknown {
    switch (from.kind) {
      case "dot":
        return dot;
      case "variable":
        return variables.get(from.name)?.value;
      case "pipe":
        return this.#pipe(from.pipe, dot, variables);
      case "literal":
        return from.value;
      case "function":
        return this.#call(from.name, []);
      default:
        return unreachable(from);
    }
  }

  /** Fields are people's words: only the object's own properties count. */
  #field(value: unknown, field: string): unknown {
    if (isMap(value) && Object.hasOwn(value, field)) return value[field];
    if (this.#filling.missing === "noValue") return undefined;
    const fields = isMap(value) ? Object.keys(value) : [];
    throw this.#wrong(`there is no field ${field} (fields: ${fields.join(", ")})`);
  }

  #step(cost = 1): void {
    this.#filling.budget.left -= cost;
    if (this.#filling.budget.left < 0) throw this.#wrong("it takes too many steps");
  }

  #weigh(length: number): void {
    this.#step(Math.ceil(length / CHARACTERS_PER_STEP));
    if (length > OUTPUT_LENGTH_MAX) throw this.#tooLong();
  }

  #tooLong(): SwarmError {
    return this.#wrong(`it makes more than ${OUTPUT_LENGTH_MAX} characters`);
  }

  #write(text: string): void {
    this.#length += text.length;
    if (this.#length > OUTPUT_LENGTH_MAX) throw this.#tooLong();
    this.#parts.push(text);
  }

  #wrong(sentence: string): SwarmError {
    return fillingError(this.#source, sentence);
  }
}
