import { usageError } from "./usage.ts";

const NANOS_PER_CPU = 1_000_000_000;

/** `0.5` CPUs as billionths. @throws SwarmError naming `flag`. */
export function parseCpus(text: string, flag: string): number {
  if (!/^\d*\.?\d+$/.test(text.trim())) {
    throw usageError(`invalid number of CPUs "${text}" for ${flag}: expected a decimal number such as 0.5`);
  }
  const nanos = Number(text) * NANOS_PER_CPU;
  if (Math.abs(nanos - Math.round(nanos)) > 1e-3) {
    throw usageError(`invalid number of CPUs "${text}" for ${flag}: finer than a billionth of a CPU`);
  }
  if (!Number.isSafeInteger(Math.round(nanos))) {
    throw usageError(`invalid number of CPUs "${text}" for ${flag}: no host has that many`);
  }
  return Math.round(nanos);
}

/** A whole number in min..max. @throws SwarmError naming `flag`. */
export function parseWhole(
  text: string,
  flag: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text.trim()) || !Number.isSafeInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER && !(value > max) ? `of at least ${min}` : `in ${min}..${max}`;
    throw usageError(`invalid value "${text}" for ${flag}: expected a whole number ${range}`);
  }
  return value;
}

/** A share in 0..1. @throws SwarmError naming `flag`. */
export function parseRatio(text: string, flag: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) {
    throw usageError(`invalid value "${text}" for ${flag}: expected a number in 0..1`);
  }
  return value;
}

/** One of a few words, whatever their case. @throws SwarmError that lists them. */
export function parseChoice<Value>(text: string, flag: string, choices: Readonly<Record<string, Value>>): Value {
  const key = text.trim().toLowerCase();
  const value = Object.hasOwn(choices, key) ? choices[key] : undefined;
  if (value === undefined) {
    throw usageError(`invalid value "${text}" for ${flag}: expected ${orList(Object.keys(choices))}`);
  }
  return value;
}

/** "a", "a or b", "a, b or c". */
function orList(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} or ${last}`;
}
