/** Kinds of single values: text, numbers, sizes, durations, choices, paths. */
import { isAbsolute, join, normalize } from "node:path/posix";
import { type At, type Kind, wrongKind } from "./kind.ts";
import { type Scalar, type ScalarValue, scalar, type Tree, textOf } from "./tree.ts";

type Written = "text" | "number" | "flag" | "nothing";

interface ScalarRow<T> {
  readonly expected: string;
  /** What may be written; a number in quotes is text. */
  readonly takes: readonly Written[];
  /** null = it is none. */
  readonly parse: (text: string, written: Scalar) => T | null;
  /** What stands in the canonical form. */
  readonly format: (value: T) => ScalarValue;
}

function writtenAs({ value }: Scalar): Written {
  if (value === null) return "nothing";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "flag" : "number";
}

/** A kind of one value, from how its text is parsed. */
export function scalarKind<T>({ expected, takes, parse, format }: ScalarRow<T>): Kind<T> {
  const parsed = (tree: Tree, path: string): T => {
    if (tree.kind !== "scalar" || !takes.includes(writtenAs(tree))) throw wrongKind(tree, path, expected);
    const value = parse(textOf(tree.value), tree);
    if (value === null) throw wrongKind(tree, path, expected);
    return value;
  };
  return {
    expected,
    canonical: (tree, at) => scalar(format(parsed(tree, at.path)), tree.place),
    read: parsed,
  };
}

export const text: Kind<string> = scalarKind({
  expected: "text (in quotes if it looks like a number)",
  takes: ["text"],
  parse: (written) => written,
  format: (value) => value,
});

/** Where a number is as good as its text. */
export const textOrNumber: Kind<string> = scalarKind({
  expected: "text or a number",
  takes: ["text", "number"],
  parse: (written) => written,
  format: (value) => value,
});

/** Values of labels, variables and options. */
export const word: Kind<string> = scalarKind({
  expected: "text, a number, true or false",
  takes: ["text", "number", "flag"],
  parse: (written) => written,
  format: (value) => value,
});

export function choice<const T extends string>(...choices: readonly T[]): Kind<T> {
  return scalarKind({
    expected: `one of ${choices.map((one) => JSON.stringify(one)).join(", ")}`,
    takes: ["text"],
    parse: (written) => choices.find((one) => one === written) ?? null,
    format: (value) => value,
  });
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "y", "yes", "on"].map((word) => [word, true] as const),
  ...["false", "n", "no", "off"].map((word) => [word, false] as const),
]);

export const flag: Kind<boolean> = scalarKind({
  expected: "true or false",
  takes: ["flag", "text"],
  parse: (written) => FLAGS.get(written.toLowerCase()) ?? null,
  format: (value) => value,
});

interface Range {
  readonly min?: number;
  readonly max?: number;
}

function rangeWords({ min, max }: Range): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}

function within(value: number, { min = -Infinity, max = Infinity }: Range): number | null {
  return value >= min && value <= max ? value : null;
}

export function whole(range: Range = {}): Kind<number> {
  return scalarKind({
    expected: `a whole number${rangeWords(range)}`,
    takes: ["number", "text"],
    parse: (written) => {
      const value = /^[-+]?\d+$/.test(written) ? Number(written) : Number.NaN;
      return Number.isSafeInteger(value) ? within(value, range) : null;
    },
    format: (value) => value,
  });
}

export function real(range: Range = {}): Kind<number> {
  return scalarKind({
    expected: `a number${rangeWords(range)}`,
    takes: ["number", "text"],
    parse: (written) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(written) ? within(Number(written), range) : null),
    format: (value) => value,
  });
}

/** `whole` or `real`, with a word for -1: `all` devices. */
export function wholeOr(word: string): Kind<number> {
  return scalarKind({
    expected: `a whole number or "${word}"`,
    takes: ["number", "text"],
    parse: (written) => {
      if (written.toLowerCase() === word) return -1;
      return /^-?\d{1,15}$/.test(written) ? Number(written) : null;
    },
    format: (value) => (value === -1 ? word : value),
  });
}

const UNITS_MS: readonly (readonly [string, number])[] = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
  ["us", 0.001],
  ["µs", 0.001],
  ["ns", 0.000_001],
];

/** `1m30s`, `1.5h`, `2d`; null for anything else. In milliseconds. */
export function toDurationMs(written: string): number | null {
  if (written === "0") return 0;
  const whole = /^([-+]?)((?:\d+(?:\.\d+)?(?:w|d|h|ms|us|µs|ns|m|s))+)$/.exec(written);
  if (whole === null) return null;
  let nanoseconds = 0;
  for (const [, number, unit] of (whole[2] ?? "").matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|ns|w|d|h|m|s)/g)) {
    const [, unitMs = 0] = UNITS_MS.find(([name]) => name === unit) ?? [];
    nanoseconds += Math.round(Number(number) * Math.round(unitMs * 1e6));
  }
  return Number.isSafeInteger(nanoseconds) ? ((whole[1] === "-" ? -1 : 1) * nanoseconds) / 1e6 : null;
}

/** As Go writes it: `1h30m0s`, `100ms`, `1.5s`. */
export function formatDurationMs(durationMs: number): string {
  const nanoseconds = Math.round(Math.abs(durationMs) * 1e6);
  const sign = durationMs < 0 ? "-" : "";
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1000) return `${sign}${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${sign}${nanoseconds / 1000}µs`;
  if (nanoseconds < 1e9) return `${sign}${nanoseconds / 1e6}ms`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${(nanoseconds - minutes * 60e9) / 1e9}s`;
  if (minutes === 0) return `${sign}${seconds}`;
  return minutes < 60
    ? `${sign}${minutes}m${seconds}`
    : `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

export const duration: Kind<number> = scalarKind({
  expected: 'a duration, as "1m30s"',
  takes: ["text"],
  parse: (written) => {
    const durationMs = toDurationMs(written);
    return durationMs !== null && durationMs >= 0 ? durationMs : null;
  },
  format: formatDurationMs,
});

const POWERS = ["", "k", "m", "g", "t", "p"];

/** `512m`, `1.5gb`, `1024`; null for anything else. */
function toBytes(written: string): number | null {
  const [, sign = "", number = "", unit = ""] = /^([-+]?)(\d+(?:\.\d+)?) ?(?:([kmgtp]?)i?b?)$/i.exec(written) ?? [];
  if (number === "") return null;
  const bytes = Math.floor(Number(number) * 1024 ** POWERS.indexOf(unit.toLowerCase()));
  return Number.isSafeInteger(bytes) ? (sign === "-" ? -bytes : bytes) : null;
}

export function bytes(range: Range = { min: 0 }): Kind<number> {
  return scalarKind({
    expected: `a size, as "512m"${range.min === -1 ? ", or -1 for no limit" : ""}`,
    takes: ["number", "text"],
    parse: (written) => {
      const value = toBytes(written);
      return value === null ? null : within(value, range);
    },
    format: String,
  });
}

/**
 * Permission bits. In text they are octal; a plain number is what YAML says, where a leading 0 means octal, so 0440 is
 * what was meant and 440 is 0670.
 */
export const mode: Kind<number> = scalarKind({
  expected: "permission bits, as 0440",
  takes: ["number", "text"],
  parse: (written, { value }) => {
    const isText = typeof value === "string";
    if (!(isText ? /^(0o)?[0-7]{1,6}$/ : /^\d{1,6}$/).test(written)) return null;
    return within(isText ? Number.parseInt(written.replace("0o", ""), 8) : Number(written), { min: 0, max: 0o7777 });
  },
  format: (value) => `0${value.toString(8)}`,
});

/** A path of the host that reads the files; relative ones are relative to the file's directory. */
export const path: Kind<string> = {
  ...text,
  expected: "a path",
  canonical: (tree, at) => {
    const written = text.read(tree, at.path);
    return scalar(written === "" ? "" : absolutePath(written, at), tree.place);
  },
};

export function absolutePath(written: string, { reading: { home, directory } }: At): string {
  if (written.startsWith("~") && home !== null) return join(home, written.slice(1));
  // A drive or share of Windows is for whoever runs it there.
  if (isAbsolute(written) || /^([A-Za-z]:[\\/]|\\\\)/.test(written)) return written;
  const absolute = normalize(join(directory, written));
  return absolute.length > 1 && absolute.endsWith("/") ? absolute.slice(0, -1) : absolute;
}
