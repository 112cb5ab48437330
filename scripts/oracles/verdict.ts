/** What a suite's tests came to, beside what was expected of them. */

export interface Outcome {
  readonly test: string;
  readonly how: "passed" | "failed" | "leftOut";
}

export interface Expectations {
  readonly outcomes: readonly Outcome[];
  /** Tests that fail here, each with the reason. */
  readonly known: ReadonlyMap<string, string>;
  /** Tests that fail now and then, with a dockerd as well, each with the reason. */
  readonly unsteady?: ReadonlyMap<string, string>;
}

/** A suite that has run. */
export interface Ran extends Expectations {
  /** What it printed, for whoever looks into a failure. */
  readonly said: string;
}

export interface Verdict {
  readonly passed: number;
  readonly leftOut: number;
  readonly explained: readonly (readonly [test: string, reason: string])[];
  /** Failed, and nobody knows why. */
  readonly unexpected: readonly string[];
  /** Expected to fail, and passed: the expectation is to be removed. */
  readonly better: readonly string[];
}

export function judge({ outcomes, known, unsteady = new Map() }: Expectations): Verdict {
  const failed = outcomes.filter(({ how }) => how === "failed").map(({ test }) => test);
  const passed = outcomes.filter(({ how }) => how === "passed").map(({ test }) => test);
  return {
    passed: passed.length,
    leftOut: outcomes.length - passed.length - failed.length,
    explained: failed.flatMap((test) => {
      const reason = known.get(test) ?? unsteady.get(test);
      return reason === undefined ? [] : [[test, reason] as const];
    }),
    unexpected: failed.filter((test) => !known.has(test) && !unsteady.has(test)),
    better: passed.filter((test) => known.has(test)),
  };
}

export function render({ passed, leftOut, explained, unexpected, better }: Verdict): string {
  return [
    `passed ${passed}, failed ${explained.length + unexpected.length}, left out by the suite ${leftOut}`,
    ...explained.map(([test, reason]) => `  known: ${test}: ${reason}`),
    ...unexpected.map((test) => `  UNEXPECTED: ${test}`),
    ...better.map((test) => `  passes now, although it was expected to fail: ${test}`),
  ].join("\n");
}
