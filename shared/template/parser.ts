import { parsingError } from "./errors.ts";
import { lex, type Piece, type Token, unquoted } from "./lexer.ts";
import type { Block, Command, Node, Operand, Pipe } from "./nodes.ts";

/** Nested blocks or parentheses; no one writes a tenth of this, and the parser is recursive. */
const NESTING_MAX = 100;

/** Visible at the same time in one place. */
const VARIABLES_MAX = 100;

const BLOCKS = ["if", "with", "range"] as const;
const CLOSERS = ["end", "else"];
const NOT_HERE = ["define", "template", "block"];
const CONSTANTS = new Map<string, boolean | null>([
  ["true", true],
  ["false", false],
  ["nil", null],
]);

/** @throws SwarmError naming the action that is wrong; also for a function that `isFunction` does not know. */
export function parse(
  template: string,
  isFunction: (name: string) => boolean,
  meaningOf: (text: string) => string,
): readonly Node[] {
  const pieces = lex(template, meaningOf);
  const parser = new Parser(pieces, isFunction);
  return parser.all();
}

type Action = Extract<Piece, { readonly kind: "action" }>;

class Parser {
  readonly #pieces: readonly Piece[];
  readonly #isFunction: (name: string) => boolean;
  #at = 0;

  constructor(pieces: readonly Piece[], isFunction: (name: string) => boolean) {
    this.#pieces = pieces;
    this.#isFunction = isFunction;
  }

  all(): readonly Node[] {
    const nodes = this.#nodes({ depth: 0, isInRange: false, variables: ["$"] });
    const left = this.#pieces[this.#at];
    if (left?.kind === "action") throw parsingError(left.source, "it closes nothing");
    return nodes;
  }

  /** Up to the next `end` or `else`, which is left, or to the end of the template. */
  #nodes(place: Place): readonly Node[] {
    const scope = { ...place, variables: [...place.variables] };
    const nodes: Node[] = [];
    for (;;) {
      const piece = this.#pieces[this.#at];
      if (piece === undefined || (piece.kind === "action" && CLOSERS.includes(piece.tokens[0]?.text ?? ""))) break;
      this.#at++;
      nodes.push(piece.kind === "text" ? piece : this.#action(piece, scope));
    }
    return nodes;
  }

  #action(action: Action, scope: Scope): Node {
    const [first] = action.tokens;
    if (first === undefined) throw parsingError(action.source, "it is empty");
    const { text } = first;
    if (first.kind === "word") {
      if (NOT_HERE.includes(text)) throw parsingError(action.source, `${text} is not supported`);
      if (text === "break" || text === "continue") {
        if (!scope.isInRange) throw parsingError(action.source, `${text} is only valid within {{range}}`);
        if (action.tokens.length > 1) throw parsingError(action.source, `${text} takes no argument`);
        return { kind: text };
      }
      const kind = BLOCKS.find((each) => each === text);
      if (kind !== undefined) return this.#block(kind, action, action.tokens.slice(1), scope);
    }
    return { kind: "output", pipe: this.#pipe(action, action.tokens, scope), source: action.source };
  }

  #block(kind: (typeof BLOCKS)[number], action: Action, tokens: readonly Token[], outer: Scope): Node {
    const depth = outer.depth + 1;
    if (depth > NESTING_MAX) throw parsingError(action.source, `more than ${NESTING_MAX} nested blocks`);
    const scope: Scope = {
      depth,
      isInRange: outer.isInRange || kind === "range",
      variables: [...outer.variables],
    };
    const pipe = this.#pipe(action, tokens, scope, kind === "range" ? 2 : 1);
    const body = this.#nodes(scope);
    const closer = this.#closer(action);
    const block: Block = { pipe, body, otherwise: [], source: action.source };
    if (closer.tokens[0]?.text === "end") return { kind, ...block };
    const [, next, ...rest] = closer.tokens;
    // `{{else if .X}}` is an if within the else, closed by the same end.
    if (next !== undefined) {
      if ((next.text !== "if" && next.text !== "with") || kind === "range") {
        throw parsingError(closer.source, "expected {{else}}, {{else if ...}} or {{else with ...}}");
      }
      return { kind, ...block, otherwise: [this.#block(next.text, closer, rest, { ...outer, depth })] };
    }
    const otherwise = this.#nodes({ ...outer, depth });
    const end = this.#closer(action);
    if (end.tokens[0]?.text !== "end") throw parsingError(end.source, "expected {{end}}");
    return { kind, ...block, otherwise };
  }

  #closer(opening: Action): Action {
    const piece = this.#pieces[this.#at];
    if (piece?.kind !== "action") throw parsingError(opening.source, "there is no {{end}} for it");
    this.#at++;
    if (piece.tokens[0]?.text === "end" && piece.tokens.length > 1)
      throw parsingError(piece.source, "expected {{end}}");
    return piece;
  }

  #pipe(action: Action, tokens: readonly Token[], scope: Scope, variablesMax = 1): Pipe {
    const words = new Words(action.source, tokens, scope, this.#isFunction);
    const pipe = words.pipe(variablesMax);
    words.expectEnd();
    return pipe;
  }
}

interface Place {
  readonly depth: number;
  readonly isInRange: boolean;
  readonly variables: readonly string[];
}
type Scope = Omit<Place, "variables"> & { readonly variables: string[] };

/** The tokens of one action, read from left to right. */
class Words {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  readonly #scope: Scope;
  readonly #isFunction: (name: string) => boolean;
  #at = 0;
  #depth = 0;

  constructor(source: string, tokens: readonly Token[], scope: Scope, isFunction: (name: string) => boolean) {
    this.#source = source;
    this.#tokens = tokens;
    this.#scope = scope;
    this.#isFunction = isFunction;
  }

  pipe(variablesMax: number): Pipe {
    const declared = this.#declaration(variablesMax);
    const commands = [this.#command()];
    while (this.#takes("|")) {
      const command = this.#command();
      if (command.functionName === null) throw this.#wrong("only a function can follow |");
      commands.push(command);
    }
    if (!declared.isAssignment) this.#scope.variables.push(...declared.variables);
    if (this.#scope.variables.length > VARIABLES_MAX) throw this.#wrong(`more than ${VARIABLES_MAX} variables`);
    return { ...declared, commands };
  }

  expectEnd(): void {
    const left = this.#tokens[this.#at];
    if (left !== undefined) throw this.#wrong(`unexpected "${left.text}"`);
  }

  #declaration(max: number): Pick<Pipe, "variables" | "isAssignment"> {
    const [first, second, third, fourth] = this.#tokens.slice(this.#at, this.#at + 4);
    if (first?.kind !== "variable") return { variables: [], isAssignment: false };
    const names = second?.text === "," && third?.kind === "variable" ? [first.text, third.text] : [first.text];
    const sign = names.length === 2 ? fourth : second;
    if (sign?.kind !== "sign" || (sign.text !== ":=" && sign.text !== "="))
      return { variables: [], isAssignment: false };
    if (names.length > max) throw this.#wrong("two variables are only valid with range");
    const isAssignment = sign.text === "=";
    for (const name of names) if (isAssignment) this.#known(name);
    this.#at += names.length * 2;
    return { variables: names, isAssignment };
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token === undefined || token.text === "|" || token.text === ")") {
        // A string may hold the same sign.
        if (token === undefined || token.kind === "sign") break;
      }
      operands.push(this.#operand(token as Token));
    }
    const [first, ...rest] = operands;
    if (first === undefined) throw this.#wrong("a value is missing");
    if (first.from.kind === "function") return { functionName: first.from.name, operands: rest };
    if (rest.length > 0) throw this.#wrong("only a function takes arguments");
    return { functionName: null, operands };
  }

  #operand(token: Token): Operand {
    this.#at++;
    const from = this.#origin(token);
    const fields: string[] = token.kind === "field" ? [token.text.slice(1)] : [];
    for (;;) {
      const next = this.#tokens[this.#at];
      if (next?.kind !== "field" || !next.isGlued) break;
      fields.push(next.text.slice(1));
      this.#at++;
    }
    if (fields.length > 0 && (from.kind === "literal" || from.kind === "function")) {
      throw this.#wrong(`${token.text} has no fields`);
    }
    return { from, fields };
  }

  #origin(token: Token): Operand["from"] {
    switch (token.kind) {
      case "dot":
      case "field":
        return { kind: "dot" };
      case "variable":
        return { kind: "variable", name: this.#known(token.text) };
      case "string":
        return { kind: "literal", value: token.text };
      case "number":
        return { kind: "literal", value: this.#number(token.text) };
      case "word":
        return this.#word(token.text);
      case "sign":
        return { kind: "pipe", pipe: this.#inParentheses(token) };
    }
  }

  #word(name: string): Operand["from"] {
    const constant = CONSTANTS.get(name);
    if (constant !== undefined) return { kind: "literal", value: constant };
    if (!this.#isFunction(name)) throw this.#wrong(`there is no function ${name}`);
    return { kind: "function", name };
  }

  #inParentheses(token: Token): Pipe {
    if (token.text !== "(") throw this.#wrong(`unexpected "${token.text}"`);
    if (++this.#depth > NESTING_MAX) throw this.#wrong(`more than ${NESTING_MAX} nested parentheses`);
    const pipe = this.pipe(0);
    if (!this.#takes(")")) throw this.#wrong("unclosed (");
    this.#depth--;
    return pipe;
  }

  #number(text: string): number {
    if (text.startsWith("'")) {
      const [sign, ...more] = unquoted(text, this.#source);
      if (sign === undefined || more.length > 0) throw this.#wrong(`${text} is not one character`);
      return sign.codePointAt(0) ?? 0;
    }
    const value = Number(text.replace(/(?<=\d)_(?=\d)/g, ""));
    if (!Number.isFinite(value)) throw this.#wrong(`${text} is not a number`);
    return value;
  }

  #known(name: string): string {
    if (!this.#scope.variables.includes(name)) throw this.#wrong(`there is no variable ${name}`);
    return name;
  }

  #takes(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== "sign" || token.text !== sign) return false;
    this.#at++;
    return true;
  }

  #wrong(sentence: string): Error {
    return parsingError(this.#source, sentence);
  }
}
