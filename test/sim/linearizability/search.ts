/** How an object behaves when one client at a time uses it. States are values: a step never changes the one it got. */
export interface Model<State, Operation> {
  readonly initial: State;
  /** The state after `operation` took effect with the outcome it had; null when it could not have had that outcome. */
  step(state: State, operation: Operation): State | null;
  /** Whether from this state on, whatever else happens, the operation can never have the outcome it had. */
  isTooLate(state: State, operation: Operation): boolean;
  /** With the outcome it had it changes no state at all: a read, a refusal. */
  isReadOnly(operation: Operation): boolean;
  /** Different states have different names: a name shared by two makes legal histories look illegal. */
  nameOf(state: State): string;
}

/** One operation of one client. Times only order: a simulator's event numbers do, a wall clock would not. */
export interface Timed<Operation> {
  readonly operation: Operation;
  readonly invokedAt: number;
  /** null: nobody ever heard what came of it. It may have taken effect at any time since, or never. */
  readonly returnedAt: number | null;
}

/** An invocation or a return, in a list from which what has taken effect is lifted, and put back. */
interface Entry {
  readonly at: number;
  readonly which: number;
  readonly isReturn: boolean;
  previous: Entry | null;
  next: Entry | null;
}

interface Choice<State> {
  readonly entry: Entry;
  readonly before: State;
  /** It can never change anything: if it may come later then it may come now, so nothing else need be tried instead. */
  readonly isForced: boolean;
}

/**
 * Looks for an order in which the operations of one history could have taken effect one by one, each between its
 * invocation and its return: Wing and Gong (1993), with the memory of Lowe (2017), "Testing for linearizability". A set
 * of operations that leads to the same state by another order leads on to the same end, and is not tried again.
 */
export class Search<State, Operation> {
  /** Attempts to let an operation take effect. */
  steps = 0;
  readonly #model: Model<State, Operation>;
  readonly #history: readonly Timed<Operation>[];
  readonly #returns: readonly (Entry | null)[];
  /** Stands before the list. */
  readonly #head: Entry = { at: -1, which: -1, isReturn: false, previous: null, next: null };
  readonly #tried = new Set<string>();
  readonly #choices: Choice<State>[] = [];
  /** Which operations have taken effect: 16 a word, so that the words are also the characters of a string. */
  readonly #effective: Uint16Array;
  #state: State;
  #entry: Entry | null;
  #returnsLeft: number;

  constructor(model: Model<State, Operation>, history: readonly Timed<Operation>[]) {
    this.#model = model;
    this.#history = history;
    this.#state = model.initial;
    this.#effective = new Uint16Array(Math.ceil(history.length / 16));
    this.#returns = this.#link();
    this.#returnsLeft = this.#returns.filter((entry) => entry !== null).length;
    this.#entry = this.#head.next;
  }

  /** Goes on for at most `stepsMax` steps; null when that was not enough to tell. */
  advance(stepsMax: number): "ok" | "illegal" | null {
    const end = this.steps + stepsMax;
    while (this.#returnsLeft > 0) {
      const entry = this.#entry;
      if (entry !== null && !entry.isReturn) {
        if (this.steps >= end) return null;
        this.steps++;
        this.#entry = this.#maybeTake(entry) ? this.#head.next : entry.next;
        continue;
      }
      // This one has returned, and none of those under way before it could have been next.
      let choice = this.#choices.pop();
      while (choice?.isForced) {
        this.#undo(choice);
        choice = this.#choices.pop();
      }
      if (choice === undefined) return "illegal";
      this.#undo(choice);
      this.#entry = choice.entry.next;
    }
    return "ok";
  }

  /** Lets the operation take effect now, unless it cannot or that has been tried. */
  #maybeTake(entry: Entry): boolean {
    const { operation } = this.#history[entry.which] as Timed<Operation>;
    const after = this.#model.step(this.#state, operation);
    if (after === null) return false;
    const name = this.#model.nameOf(after);
    const returned = this.#returns[entry.which] ?? null;
    // What nobody heard of need not take effect at all.
    if (returned === null && name === this.#model.nameOf(this.#state)) return false;
    this.#flip(entry.which);
    // The words have the same length throughout, so nothing of a name can be taken for one of them.
    const situation = String.fromCharCode(...this.#effective) + name;
    if (this.#tried.has(situation)) {
      this.#flip(entry.which);
      return false;
    }
    this.#tried.add(situation);
    this.#choices.push({ entry, before: this.#state, isForced: this.#model.isReadOnly(operation) });
    this.#state = after;
    lift(entry);
    if (returned !== null) {
      lift(returned);
      this.#returnsLeft--;
    }
    if (!this.#isTooLate()) return true;
    this.#undo(this.#choices.pop() as Choice<State>);
    return false;
  }

  /** Looked at is the one that has to take effect soonest: the search would find out, but after everything else. */
  #isTooLate(): boolean {
    let next = this.#head.next;
    while (next !== null && !next.isReturn) next = next.next;
    if (next === null) return false;
    return this.#model.isTooLate(this.#state, (this.#history[next.which] as Timed<Operation>).operation);
  }

  #undo({ entry, before }: Choice<State>): void {
    this.#state = before;
    this.#flip(entry.which);
    const returned = this.#returns[entry.which] ?? null;
    if (returned !== null) {
      putBack(returned);
      this.#returnsLeft++;
    }
    putBack(entry);
  }

  #flip(which: number): void {
    const word = which >> 4;
    this.#effective[word] = (this.#effective[word] as number) ^ (1 << (which & 15));
  }

  /** Makes the list in order of time; gives the return of each operation. */
  #link(): (Entry | null)[] {
    const entries: Entry[] = [];
    const returns = this.#history.map(({ invokedAt, returnedAt }, which) => {
      entries.push({ at: invokedAt, which, isReturn: false, previous: null, next: null });
      if (returnedAt === null) return null;
      const returned: Entry = { at: returnedAt, which, isReturn: true, previous: null, next: null };
      entries.push(returned);
      return returned;
    });
    // At the same moment they overlap: what is invoked then may still come before what returns then.
    entries.sort((a, b) => a.at - b.at || Number(a.isReturn) - Number(b.isReturn));
    let previous = this.#head;
    for (const entry of entries) {
      previous.next = entry;
      entry.previous = previous;
      previous = entry;
    }
    return returns;
  }
}

function lift({ previous, next }: Entry): void {
  if (previous !== null) previous.next = next;
  if (next !== null) next.previous = previous;
}

/** In the reverse order of lifting, the neighbours are still the ones it had. */
function putBack(entry: Entry): void {
  if (entry.previous !== null) entry.previous.next = entry;
  if (entry.next !== null) entry.next.previous = entry;
}
