import { parseBytes } from "../shared/run-text/bytes.ts";
import { parseDuration } from "../shared/run-text/duration.ts";
import { parseChoice, parseCpus, parseRatio, parseWhole } from "./parse/numbers.ts";

/**
 * The options of one invocation by camelCase name, read with the type a command wants. An absent option is undefined.
 */
export class Flags<Name extends string = string> {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** Whether it was given; `--no-x` is asked for as `noX`. */
  is(name: Name): boolean {
    return this.switched(name) === true;
  }

  /** A switch that can be given as `--x`, `--x=true` or `--x=false`; undefined when it was not. */
  switched(name: Name): boolean | undefined {
    const positive = /^no([A-Z])(.*)$/.exec(name);
    const value = this.#values[positive === null ? name : `${positive[1]?.toLowerCase()}${positive[2]}`];
    return typeof value === "boolean" ? value === (positive === null) : undefined;
  }

  /** As if these had not been given. */
  without(...names: readonly Name[]): Flags<Name> {
    const left = new Set<string>(names);
    return new Flags(Object.fromEntries(Object.entries(this.#values).filter(([name]) => !left.has(name))));
  }

  /** Names of all options that were given. */
  given(): readonly string[] {
    return Object.keys(this.#values).filter((name) => this.#values[name] !== undefined);
  }

  has(...names: readonly Name[]): boolean {
    return names.some((name) => this.#values[name] !== undefined);
  }

  text(name: Name): string | undefined {
    return this.#text(name);
  }

  #text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  /** Values of an option that may be repeated, in order. */
  list(name: Name): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as readonly string[]) : [];
  }

  bytes(name: Name): number | undefined {
    return this.#parsed(name, parseBytes);
  }

  cpus(name: Name): number | undefined {
    return this.#parsed(name, parseCpus);
  }

  durationMs(name: Name): number | undefined {
    return this.#parsed(name, parseDuration);
  }

  ratio(name: Name): number | undefined {
    return this.#parsed(name, parseRatio);
  }

  whole(name: Name, range?: { min?: number; max?: number }): number | undefined {
    return this.#parsed(name, (text, flag) => parseWhole(text, flag, range));
  }

  choice<Value>(name: Name, choices: Readonly<Record<string, Value>>): Value | undefined {
    return this.#parsed(name, (text, flag) => parseChoice(text, flag, choices));
  }

  #parsed<T>(name: string, parse: (text: string, flag: string) => T): T | undefined {
    const text = this.#text(name);
    return text === undefined ? undefined : parse(text, flagOf(name));
  }
}

/** `limitCpu` as `--limit-cpu`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
