/**
 * YAML into trees. The library reads the syntax; what plain words mean, merge keys, aliases and their limits are ours,
 * because they need the lines, and because `0440` means in Compose files what it meant in the first YAML.
 */
import {
  Alias,
  Composer,
  type CST,
  type Document,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  Scalar,
} from "yaml";
import { ComposeError } from "./compose-error.ts";
import { FILE_CHARACTERS_MAX, NESTING_MAX, VALUE_CHARACTERS_OF_FILE_MAX, VALUES_MAX } from "./limits.ts";
import type { Place } from "./place.ts";
import { list, type Mapping, mapping, type ScalarValue, type Tree, textOf } from "./tree.ts";

/**
 * The documents of one file, in order, without empty ones.
 * @throws ComposeError for what is not YAML, for unknown tags, and when a limit is reached.
 */
export function parseYaml(text: string, file: string): readonly Tree[] {
  if (text.length > FILE_CHARACTERS_MAX) {
    throw new ComposeError(null, `${file} has ${text.length} characters; at most ${FILE_CHARACTERS_MAX} are read`);
  }
  const lines = new LineCounter();
  // A byte order mark is not part of the text.
  const documents = parsed(text.replace(/^\uFEFF/, ""), lines, file);
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      const place = { file, line: lines.linePos(error.pos[0]).line };
      throw new ComposeError(place, `not YAML: ${error.message}`, { cause: error });
    }
    const tree = new TreeBuilder(file, lines).build(document);
    return tree === null ? [] : [tree];
  });
}

function parsed(text: string, lines: LineCounter, file: string): readonly Document.Parsed[] {
  const composer = new Composer({ version: "1.2", schema: "failsafe", uniqueKeys: false, prettyErrors: false });
  return [...composer.compose(tokensOf(text, lines, file))];
}

/** The library takes minutes for values nested without end, and its stack ends: it must not see them. */
function* tokensOf(text: string, lines: LineCounter, file: string): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    if (parser.stack.length > PARSER_STACK_MAX) {
      throw new ComposeError({ file, line: lines.linePos(parser.offset).line }, TOO_DEEP);
    }
  }
  yield* parser.end();
}

const TOO_DEEP = `values are nested more than ${NESTING_MAX} levels deep`;
/** Each level is one or two entries there, and a document some more. */
const PARSER_STACK_MAX = 2 * NESTING_MAX + 10;

const TAG = "tag:yaml.org,2002:";
const TAGS_OF_SCALARS = new Set(["int", "float", "bool", "null"].map((name) => `${TAG}${name}`));
const KNOWN_TAGS = new Set([...TAGS_OF_SCALARS, ...["str", "seq", "map"].map((name) => `${TAG}${name}`)]);
const MERGE_KEY = "<<";

class TreeBuilder {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #anchors = new Map<string, { readonly tree: Tree; readonly values: number; readonly characters: number }>();
  /** Those whose value is being built: an alias to one of them would be inside itself. */
  readonly #open = new Set<string>();
  #values = 0;
  #characters = 0;

  constructor(file: string, lines: LineCounter) {
    this.#file = file;
    this.#lines = lines;
  }

  build(document: Document.Parsed): Tree | null {
    const { contents } = document;
    if (contents === null) return null;
    const tree = this.#tree(contents, this.#placeOf(contents), 0);
    return tree.kind === "scalar" && tree.value === null ? null : tree;
  }

  #tree(node: Node, place: Place, depth: number): Tree {
    if (depth > NESTING_MAX) throw new ComposeError(place, TOO_DEEP);
    if (node instanceof Alias) return this.#referred(node, place);
    const before = { values: this.#values, characters: this.#characters };
    this.#count(1, isScalar(node) ? String(node.value ?? "").length : 0, place);
    const { anchor } = node as { readonly anchor?: string };
    if (anchor === undefined) return this.#own(node, place, depth);
    this.#open.add(anchor);
    const tree = this.#own(node, place, depth);
    this.#open.delete(anchor);
    const characters = this.#characters - before.characters;
    this.#anchors.set(anchor, { tree, values: this.#values - before.values, characters });
    return tree;
  }

  #referred(alias: Alias, place: Place): Tree {
    if (this.#open.has(alias.source)) throw new ComposeError(place, `*${alias.source} refers to what it is a part of`);
    const target = this.#anchors.get(alias.source);
    if (target === undefined) throw new ComposeError(place, `*${alias.source} refers to no anchor above it`);
    this.#count(target.values, target.characters, place);
    return { ...target.tree, place };
  }

  #count(values: number, characters: number, place: Place): void {
    this.#values += values;
    this.#characters += characters;
    if (this.#values > VALUES_MAX) {
      throw new ComposeError(place, `the file stands for more than ${VALUES_MAX} values, aliases counted at each use`);
    }
    if (this.#characters > VALUE_CHARACTERS_OF_FILE_MAX) {
      const limit = `${VALUE_CHARACTERS_OF_FILE_MAX} characters`;
      throw new ComposeError(place, `the file stands for more than ${limit}, aliases counted at each use`);
    }
  }

  #own(node: Node, place: Place, depth: number): Tree {
    const mark = this.#markOf(node, place);
    if (isMap(node)) return { ...this.#mapping(node.items, place, depth), mark };
    if (isSeq(node)) {
      const trees = node.items.map((item) => this.#tree(item as Node, this.#placeOf(item as Node), depth + 1));
      // Taking away one element of a list by its number would depend on files that come before.
      return {
        ...list(
          trees.filter((tree) => tree.mark !== "reset"),
          place,
        ),
        mark,
      };
    }
    if (!isScalar(node)) throw new ComposeError(place, "is neither a value nor a list nor a mapping");
    const isPlain = node.type === "PLAIN" || node.type === undefined;
    const text = String(node.value ?? "");
    const isWord = (isPlain && node.tag !== `${TAG}str`) || TAGS_OF_SCALARS.has(node.tag ?? "");
    return { kind: "scalar", value: isWord ? meaningOf(text) : text, source: isPlain ? text : null, place, mark };
  }

  #markOf(node: Node, place: Place): Tree["mark"] {
    const tag = (node as { readonly tag?: string }).tag;
    if (tag === "!reset") return "reset";
    if (tag === "!override") return "override";
    if (tag === undefined || tag === "!" || KNOWN_TAGS.has(tag)) return null;
    throw new ComposeError(place, `the tag ${tag} is not known; Compose has !reset and !override`);
  }

  #mapping(pairs: readonly { key: unknown; value: unknown }[], place: Place, depth: number): Mapping {
    const entries = new Map<string, Tree>();
    const merged: Mapping[] = [];
    for (const { key, value } of pairs) {
      const keyPlace = this.#placeOf(key as Node);
      const name = this.#keyOf(key, keyPlace, depth);
      const tree = this.#tree((value as Node | null) ?? EMPTY, keyPlace, depth + 1);
      if (name === MERGE_KEY) {
        merged.push(...mergedMappings(tree));
        continue;
      }
      const twin = entries.get(name);
      if (twin !== undefined) {
        throw new ComposeError(
          keyPlace,
          `the key ${JSON.stringify(name)} is there already, in line ${twin.place.line}`,
        );
      }
      entries.set(name, tree);
    }
    for (const { entries: others } of merged) {
      for (const [name, tree] of others) if (!entries.has(name)) entries.set(name, tree);
    }
    return mapping(entries, place);
  }

  #keyOf(key: unknown, place: Place, depth: number): string {
    const tree = key === null ? null : this.#tree(key as Node, place, depth + 1);
    if (tree?.kind !== "scalar") throw new ComposeError(place, "a key is text, not a list or mapping or nothing");
    return tree.source ?? textOf(tree.value);
  }

  #placeOf(node: Node | null): Place {
    return { file: this.#file, line: this.#lines.linePos(node?.range?.[0] ?? 0).line };
  }
}

/** The value of a key that has none. */
const EMPTY: Node = new Scalar("");

function mergedMappings(tree: Tree): readonly Mapping[] {
  if (tree.kind === "mapping") return [tree];
  if (tree.kind === "list" && tree.items.every((item) => item.kind === "mapping")) return tree.items;
  throw new ComposeError(tree.place, "<< takes a mapping, or a list of mappings");
}

const WHOLE = /^[-+]?(0|[1-9][0-9_]*)$/;
const OLD_OCTAL = /^([-+]?)0([0-7_]+)$/;
const PREFIXED = /^([-+]?)(0x[0-9a-fA-F_]+|0o[0-7_]+|0b[01_]+)$/;
const REAL = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/** What a plain word stands for: the core schema, and in addition whole numbers that begin with 0 in octal. */
function meaningOf(word: string): ScalarValue {
  if (/^(~|null|Null|NULL|)$/.test(word)) return null;
  if (/^(true|True|TRUE)$/.test(word)) return true;
  if (/^(false|False|FALSE)$/.test(word)) return false;
  if (WHOLE.test(word)) return whole(word.replaceAll("_", "").replace("+", ""));
  const octal = OLD_OCTAL.exec(word);
  if (octal !== null) return signed(octal[1], `0o${octal[2]}`);
  const prefixed = PREFIXED.exec(word);
  if (prefixed !== null) return signed(prefixed[1], prefixed[2] ?? "");
  if (REAL.test(word)) return Number(word);
  if (/^[-+]?\.(inf|Inf|INF)$/.test(word)) return word.startsWith("-") ? -Infinity : Infinity;
  if (/^\.(nan|NaN|NAN)$/.test(word)) return Number.NaN;
  return word;
}

function signed(sign: string | undefined, digits: string): ScalarValue {
  const value = whole(digits.replaceAll("_", ""));
  return sign === "-" ? -value : value;
}

/** As a number where that is exact. */
function whole(digits: string): number | bigint {
  const value = BigInt(digits);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
