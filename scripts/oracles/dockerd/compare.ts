/** Holds what two daemons did with the same commands against each other. */
import type { Outcome } from "../verdict.ts";
import type { Exchange } from "./recorder.ts";
import { ShapeBook, shapeDifferences } from "./shapes.ts";

/** What one command came to. */
export interface Result {
  readonly exitCode: number;
  /** Masked. */
  readonly output: string;
  readonly exchanges: readonly Exchange[];
}

export interface Pair {
  readonly command: string;
  readonly theirs: Result;
  readonly ours: Result;
}

/** One thing that differs: a line as in known.txt, and what both said. */
export interface Difference {
  readonly line: string;
  readonly theirs: string;
  readonly ours: string;
}

export interface Comparison {
  readonly outcomes: readonly Outcome[];
  readonly differences: readonly Difference[];
}

export function compare(pairs: readonly Pair[]): Comparison {
  const differences: Difference[] = [];
  const outcomes: Outcome[] = [];
  const count = (found: readonly Difference[], passed: string): void => {
    differences.push(...found);
    outcomes.push(...found.map(({ line }) => ({ test: line, how: "failed" }) as const));
    if (found.length === 0) outcomes.push({ test: passed, how: "passed" });
  };
  for (const pair of pairs) count(ofCommand(pair), pair.command);
  const [theirs, ours] = [booksOf(pairs, "theirs"), booksOf(pairs, "ours")];
  for (const operation of theirs.operations.toSorted()) {
    const [there, here] = [theirs.of(operation), ours.of(operation)];
    if (there === null || here === null) continue;
    const found = shapeDifferences(there, here).map((what) => ({
      line: `keys: ${operation}: ${what}`,
      theirs: "",
      ours: "",
    }));
    count(found, `keys: ${operation}`);
  }
  return { outcomes, differences };
}

function ofCommand({ command, theirs, ours }: Pair): readonly Difference[] {
  const parts: readonly (readonly [what: string, theirs: string, ours: string])[] = [
    ["exit", String(theirs.exitCode), String(ours.exitCode)],
    ["output", theirs.output, ours.output],
    ["requests", requestsOf(theirs), requestsOf(ours)],
  ];
  return parts
    .filter(([, there, here]) => there !== here)
    .map(([what, there, here]) => ({ line: `${what}: ${command}`, theirs: there, ours: here }));
}

/** Each once: who waits asks as often as it takes. */
function requestsOf({ exchanges }: Result): string {
  return [...new Set(exchanges.map(({ operation, status }) => `${operation} ${status}`))].toSorted().join("\n");
}

/** Refusals have one key, and their sentences are compared by people. */
function booksOf(pairs: readonly Pair[], side: "theirs" | "ours"): ShapeBook {
  const book = new ShapeBook();
  for (const pair of pairs) {
    for (const { operation, status, json } of pair[side].exchanges) {
      if (status < 300 && json !== undefined) book.note(operation, json);
    }
  }
  return book;
}
