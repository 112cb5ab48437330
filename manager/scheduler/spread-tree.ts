import type { NodeId } from "../../shared/ids.ts";
import { mustHave } from "../../shared/invariant.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Strategy } from "../../shared/service-spec/strategies.ts";
import type { Filter } from "./filter.ts";
import { refusalOf } from "./filters.ts";
import { Heap } from "./heap.ts";
import type { LoadBook } from "./load-book.ts";
import type { NodeLoad } from "./node-load.ts";
import type { Branch, Partition } from "./partition.ts";
import { type Candidate, type Comparator, RANKINGS, type Standing } from "./ranking.ts";
import type { Wishes } from "./wishes.ts";

/** What the tree is made for: tasks that differ in nothing. */
export interface SpreadSubject {
  readonly sample: Task;
  readonly filters: readonly Filter[];
  /** Placing one of them may take away a node that another one could have had, beyond the node that was used. */
  readonly isFickle: boolean;
  /** Serious failures of tasks like these, by node. */
  readonly failures: ReadonlyMap<NodeId, number>;
  readonly wishes: Wishes;
  readonly strategy: Strategy;
}

/**
 * Nodes as the placement preferences of a service see them: the first label divides them into branches by its value
 * (nodes without it are one branch), each of which the next label divides again. The next task goes to the branch with
 * the fewest of the service at each level: placing one at a time evens out an uneven start, and gives the share of a
 * full branch to the others. Without preferences there is only the root, and the ranking alone decides.
 *
 * Most nodes are strangers to a group: no task of its service, no failures, nothing it wishes to be near. They come in
 * the order in which the book has them, and only as many are looked at as it takes to find one that passes the filters.
 * The others, which the group knows, are ranked one by one.
 */
export class SpreadTree {
  readonly #book: LoadBook;
  readonly #subject: SpreadSubject;
  readonly #partition: Partition;
  readonly #compare: Comparator<Candidate>;
  /** Tasks of the service in each branch, including those on nodes that can take no more; only with preferences. */
  readonly #tasks = new Map<Branch, number>();
  /** Nodes that are no strangers, or are no more. */
  readonly #known = new Set<NodeLoad>();
  readonly #ends = new Map<Branch, { readonly ranked: Heap<Candidate>; readonly strangers: Strangers }>();
  readonly #troubles: unknown[] = [];
  #looks = 0;

  constructor(book: LoadBook, subject: SpreadSubject) {
    const { sample, failures, wishes, strategy } = subject;
    this.#book = book;
    this.#subject = subject;
    const keys = sample.spec.placement?.spread ?? [];
    this.#partition = book.partition(keys, strategy);
    this.#compare = RANKINGS[strategy].candidates;
    for (const load of book.nodesOf(sample.serviceId)) {
      this.#known.add(load);
      if (keys.length > 0) this.#count(load, load.countOf(sample.serviceId));
    }
    for (const nodeId of failures.keys()) {
      const load = book.get(nodeId);
      if (load !== undefined) this.#known.add(load);
    }
    for (const load of wishes.near) this.#known.add(load);
    for (const load of this.#known) this.#rank(load);
  }

  /** How many nodes were looked at so far. */
  get looks(): number {
    return this.#looks;
  }

  /** What filters threw. */
  get troubles(): readonly unknown[] {
    return this.#troubles;
  }

  /** Where the next task goes; null when no node can take it. */
  best(): Candidate | null {
    return this.#bestOf(this.#partition.root);
  }

  /** The candidate has one more task of the service: it stands elsewhere now, or can take no more. */
  place({ standing: { load } }: Candidate): void {
    const end = this.#endOf(this.#partition.endFor(load));
    if (end.ranked.first?.standing.load === load) end.ranked.pop();
    else end.strangers.skip();
    this.#known.add(load);
    if (this.#partition.root.branches.size > 0) this.#count(load, 1);
    this.#rank(load);
  }

  #bestOf(branch: Branch): Candidate | null {
    if (branch.branches.size === 0) return this.#bestAt(branch);
    const inOrder = [...branch.branches.values()].sort((a, b) => this.#tasksIn(a) - this.#tasksIn(b));
    let best: Candidate | null = null;
    let fewest = 0;
    for (const each of inOrder) {
      if (best !== null && this.#tasksIn(each) > fewest) break;
      const found = this.#bestOf(each);
      if (found === null) continue;
      best = best === null || this.#compare(found, best) < 0 ? found : best;
      fewest = this.#tasksIn(each);
    }
    return best;
  }

  #bestAt(branch: Branch): Candidate | null {
    const { ranked, strangers } = this.#endOf(branch);
    if (this.#subject.isFickle) this.#dropLost(ranked, strangers);
    const stranger = strangers.first();
    const known = ranked.first;
    if (stranger === null) return known ?? null;
    const unmet = this.#subject.wishes.unmetElsewhere;
    const candidate: Candidate = { standing: stranger, failures: 0, unmet, ofService: 0 };
    return known !== undefined && this.#compare(known, candidate) < 0 ? known : candidate;
  }

  /** Placements only ever take nodes away, so those that come first need to be looked at again, and no others. */
  #dropLost(ranked: Heap<Candidate>, strangers: Strangers): void {
    for (let known = ranked.first; known !== undefined && !this.#passes(known.standing.load); known = ranked.first) {
      ranked.pop();
    }
    for (let first = strangers.first(); first !== null && !this.#passes(first.load); first = strangers.first()) {
      strangers.skip();
    }
  }

  #endOf(branch: Branch) {
    const present = this.#ends.get(branch);
    if (present !== undefined) return present;
    const isStranger = (load: NodeLoad): boolean => !this.#known.has(load) && this.#passes(load);
    const end = {
      ranked: new Heap(this.#compare),
      strangers: new Strangers(branch.standings.cursor(), isStranger),
    };
    this.#ends.set(branch, end);
    return end;
  }

  /** Puts a node that is no stranger where it stands now, if it can take a task. */
  #rank(load: NodeLoad): void {
    const standing = this.#book.standingOf(load);
    if (standing === undefined || !this.#passes(load)) return;
    const { sample, failures, wishes } = this.#subject;
    this.#endOf(this.#partition.endFor(load)).ranked.push({
      standing,
      failures: failures.get(load.node.id) ?? 0,
      unmet: wishes.unmet(load),
      ofService: load.countOf(sample.serviceId),
    });
  }

  #passes(load: NodeLoad): boolean {
    this.#looks++;
    const refusal = refusalOf(this.#subject.filters, load);
    if (refusal?.error !== undefined) this.#troubles.push(refusal.error);
    return refusal === null;
  }

  #count(load: NodeLoad, tasks: number): void {
    for (const branch of this.#partition.wayTo(load.node)) this.#tasks.set(branch, this.#tasksIn(branch) + tasks);
  }

  #tasksIn(branch: Branch): number {
    return this.#tasks.get(branch) ?? 0;
  }
}

/** The nodes of one branch that the group does not know, best first. */
class Strangers {
  readonly #next: () => Standing | undefined;
  readonly #isOne: (load: NodeLoad) => boolean;
  #first: Standing | null | undefined;

  constructor(next: () => Standing | undefined, isOne: (load: NodeLoad) => boolean) {
    this.#next = next;
    this.#isOne = isOne;
  }

  /** null = there are no more. */
  first(): Standing | null {
    while (this.#first === undefined) {
      const standing = this.#next();
      if (standing === undefined) this.#first = null;
      else if (this.#isOne(standing.load)) this.#first = standing;
    }
    return this.#first;
  }

  /** The first one is a stranger no more. */
  skip(): void {
    mustHave(this.#first, "a first stranger");
    this.#first = undefined;
  }
}
