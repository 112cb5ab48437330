import { type Model, Search, type Timed } from "./search.ts";

/** `unknown`: the budget ran out first. */
export type Verdict = "ok" | "illegal" | "unknown";

export interface Checked<Key> {
  readonly verdict: Verdict;
  /** Of the first key whose history no order explains. */
  readonly illegalKey: Key | null;
  readonly steps: number;
}

/** Steps over all keys. A legal history needs a few for each operation; this many take about a second. */
export const STEPS_MAX = 1_000_000;
/** The first turn of each key; it doubles every round, so that a hard key does not keep an illegal one waiting. */
const TURN_STEPS = 2_000;

/**
 * Whether a history is linearizable. Objects that do not know of each other can be looked at one by one (Herlihy and
 * Wing, 1990): `keyOf` tells which object an operation is about, and that is what makes long histories checkable.
 */
export function checkHistory<State, Operation, Key>(
  model: Model<State, Operation>,
  history: readonly Timed<Operation>[],
  keyOf: (operation: Operation) => Key,
  stepsMax = STEPS_MAX,
): Checked<Key> {
  let open = [...Map.groupBy(history, ({ operation }) => keyOf(operation))].map(([key, part]) => ({
    key,
    search: new Search(model, part),
  }));
  let steps = 0;
  for (let turn = TURN_STEPS; open.length > 0 && steps < stepsMax; turn *= 2) {
    const undecided: typeof open = [];
    for (const one of open) {
      const before = one.search.steps;
      const verdict = one.search.advance(Math.min(turn, stepsMax - steps));
      steps += one.search.steps - before;
      if (verdict === "illegal") return { verdict, illegalKey: one.key, steps };
      if (verdict === null) undecided.push(one);
    }
    open = undecided;
  }
  return { verdict: open.length === 0 ? "ok" : "unknown", illegalKey: null, steps };
}
