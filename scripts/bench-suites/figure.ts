import { invariant } from "../../shared/invariant.ts";

/** One measured quantity: all its samples, and what was promised. */
export interface Figure {
  readonly name: string;
  readonly unit:
    | "ms"
    | "µs"
    | "MB"
    | "KB"
    | "B"
    | "B/s"
    | "packets/s"
    | "requests/s"
    | "requests"
    | "%"
    | "tasks"
    | "files"
    | "calls"
    | "leaders"
    | "pieces"
    | "times";
  readonly samples: readonly number[];
  readonly median: number;
  readonly worst: number;
  /** Promised: the worst sample stays below. None, where more is better. */
  readonly limit: number;
}

export function figure(
  name: string,
  unit: Figure["unit"],
  limit: number,
  samples: readonly number[],
  better: "less" | "more" = "less",
): Figure {
  invariant(better === "less" || limit === Number.POSITIVE_INFINITY, "a limit is for what should be less");
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    name,
    unit,
    samples,
    limit,
    median: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    worst: sorted.at(better === "less" ? -1 : 0) ?? Number.NaN,
  };
}

/** Below this a whole number is too coarse. */
const SMALL = 10;
/** Enough for every promise, some of which are one over another number. */
const PROMISE_DIGITS = 6;

/** A table for people: name, runs, median, worst, promise, verdict. */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, unit, samples, median, worst, limit }) => [
    name,
    String(samples.length),
    `${median.toFixed(median < SMALL ? 1 : 0)} ${unit}`,
    `${worst.toFixed(worst < SMALL ? 1 : 0)} ${unit}`,
    Number.isFinite(limit) ? `${Number(limit.toPrecision(PROMISE_DIGITS))} ${unit}` : "-",
    worst <= limit ? "ok" : "MISSED",
  ]);
  const table = [["FIGURE", "RUNS", "MEDIAN", "WORST", "PROMISE", ""], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}
