import type { NodeId } from "../../../shared/ids.ts";
import { mustHave } from "../../../shared/invariant.ts";
import { labelAt } from "../../../shared/label-key.ts";
import { KINDS } from "../../../shared/objects/kinds.ts";
import type { Node, Service, Task } from "../../../shared/objects/types.ts";
import type { NodeLoad } from "../node-load.ts";
import { type Leaf, type NodeIndex, wayTo } from "./node-index.ts";

/** Where a service's tasks may leave, where they may go, and how many are where. */
export interface BalanceSubject {
  readonly service: Service;
  /** Every node, with what it would run after all moves so far. */
  readonly nodes: NodeIndex;
  /** Tasks that may be moved, by the node they are on. */
  readonly movable: ReadonlyMap<NodeId, readonly Task[]>;
  /** Whether a node may take one more of them. */
  readonly isTarget: (load: NodeLoad) => boolean;
}

/** One way to make things more even. */
export interface Improvement {
  readonly from: NodeLoad;
  readonly to: NodeLoad;
  /**
   * What is gained, the most important first: for each label that the service is spread over, then for its tasks on the
   * two nodes, then for all tasks on them. Each number says by how many tasks the two sides differ, beyond the one that
   * moves; moving it lowers the sum of the squares of the counts at that place by twice that number.
   */
  readonly gains: readonly number[];
  /** The place among them that decides. */
  readonly decisive: number;
}

/**
 * The most useful move of a task of the service; null = none gains `gainMin`. A move counts if it gains that at some
 * place and loses nothing at any place before it. So the counts of a service, in that order, only ever become more
 * even, and where they stay equally even the nodes do: moves one after the other cannot go round in a circle, and come
 * to an end.
 */
export function bestMove(subject: BalanceSubject, gainMin: number): Improvement | null {
  const places = new Places(subject);
  let best: Improvement | null = null;
  for (const { from, to } of places.pairs()) {
    const gains = places.gainsOf(from, to);
    const decisive = decisivePlace(gains, gainMin);
    if (decisive === null) continue;
    if (best === null || compareGains(gains, best.gains) > 0) best = { from, to, gains, decisive };
  }
  return best;
}

/** Where a move gains enough; null = nowhere, or it loses something more important. */
export function decisivePlace(gains: readonly number[], gainMin: number): number | null {
  for (const [at, gain] of gains.entries()) {
    if (gain < 0) return null;
    if (gain >= gainMin) return at;
  }
  return null;
}

/** In one sentence, without a full stop: how uneven it is where the move gains most. */
export function reasonOf(subject: BalanceSubject, { from, to, decisive }: Improvement): string {
  const { service } = subject;
  const keys = keysOf(service);
  const { name } = service.spec.annotations;
  const key = keys[decisive];
  if (key !== undefined) {
    const places = new Places(subject);
    const [much, little] = [from, to].map((load) => places.countAt(load, decisive));
    const [here, there] = [from, to].map(({ node }) => labelAt(node, key) || "none");
    return `${tasksText(much, name)} where ${key} is ${here}, ${little || "none"} where it is ${there}`;
  }
  const [here, there] = [from, to].map(({ node }) => nodeName(node));
  if (decisive > keys.length) return `${here} runs ${from.taskCount} tasks, ${there} ${to.taskCount || "none"}`;
  const [much, little] = [from, to].map((load) => load.countOf(service.id));
  return `${here} runs ${tasksText(much, name)}, ${there} ${little || "none"}`;
}

export const nodeName = (node: Node): string => KINDS.node.nameOf(node) || node.id;

const tasksText = (count: number | undefined, name: string): string =>
  `${count} ${count === 1 ? "task" : "tasks"} of ${name}`;

const keysOf = ({ spec }: Service): readonly string[] => spec.task.placement?.spread ?? [];

function compareGains(a: readonly number[], b: readonly number[]): number {
  for (const [at, gain] of a.entries()) {
    const difference = gain - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The nodes as the service's placement preferences divide them, with the number of its tasks at each place. */
class Places {
  readonly #subject: BalanceSubject;
  readonly #keys: readonly string[];
  readonly #ways = new Map<NodeLoad, readonly string[]>();
  readonly #counts = new Map<string, number>();

  constructor(subject: BalanceSubject) {
    this.#subject = subject;
    this.#keys = keysOf(subject.service);
    if (this.#keys.length === 0) return;
    for (const load of subject.nodes.holders(subject.service.id)) {
      const count = load.countOf(subject.service.id);
      for (const place of this.#wayTo(load)) this.#counts.set(place, this.#countIn(place) + count);
    }
  }

  /** Tasks of the service at one place on the way to a node. */
  countAt(load: NodeLoad, at: number): number {
    return this.#countIn(this.#wayTo(load)[at] ?? "");
  }

  /**
   * For each place, from the whole swarm down to the nodes that all labels agree on: the fullest node in it that a task
   * can leave, and the emptiest that one can go to. No other pair in it gains more, since "fullest" and "emptiest" go
   * by the same order as the gains.
   */
  pairs(): readonly { readonly from: NodeLoad; readonly to: NodeLoad }[] {
    const fullest = new Map<string, NodeLoad>();
    for (const [nodeId, tasks] of this.#subject.movable) {
      const load = this.#subject.nodes.get(nodeId);
      if (load === undefined || tasks.length === 0) continue;
      for (const place of ["", ...this.#wayTo(load)]) {
        const best = fullest.get(place);
        if (best === undefined || this.#compare(load, best) > 0) fullest.set(place, load);
      }
    }
    return [...fullest].flatMap(([place, from]) => {
      const to = this.#emptiestIn(place);
      return to === null || to === from ? [] : [{ from, to }];
    });
  }

  /** Of the nodes in a place that a task can go to, the one with the least, looked at from the whole to the part. */
  #emptiestIn(place: string): NodeLoad | null {
    const leaves = [...this.#subject.nodes.leaves(this.#keys)].filter(({ way }) => place === "" || way.includes(place));
    const byCounts = Map.groupBy(leaves, ({ way }) => way.map((each) => this.#countIn(each)).join(" "));
    const inOrder = [...byCounts.values()].toSorted(([a], [b]) => this.#compareWays(a?.way ?? [], b?.way ?? []));
    for (const equals of inOrder) {
      const found = equals.flatMap((leaf) => this.#emptiestOf(leaf) ?? []);
      if (found.length > 0) return found.reduce((best, each) => (this.#isEmptier(each, best) ? each : best));
    }
    return null;
  }

  #emptiestOf({ way, nodes }: Leaf): NodeLoad | null {
    const { service, isTarget, nodes: all } = this.#subject;
    for (const { load } of nodes) if (load.countOf(service.id) === 0 && isTarget(load)) return load;
    let best: NodeLoad | null = null;
    for (const load of all.holders(service.id)) {
      if (this.#wayTo(load).at(-1) !== way.at(-1) || !isTarget(load)) continue;
      if (best === null || this.#isEmptier(load, best)) best = load;
    }
    return best;
  }

  /** Of two nodes in places with equal counts. */
  #isEmptier(a: NodeLoad, b: NodeLoad): boolean {
    const { service, nodes } = this.#subject;
    return (a.countOf(service.id) - b.countOf(service.id) || nodes.compare(a, b)) < 0;
  }

  gainsOf(from: NodeLoad, to: NodeLoad): readonly number[] {
    const [out, into] = [this.#wayTo(from), this.#wayTo(to)];
    const ofLabels = out.map((place, at) => {
      const other = mustHave(into[at], "a place at the same depth");
      return place === other ? 0 : this.#countIn(place) - this.#countIn(other) - 1;
    });
    const { id } = this.#subject.service;
    return [...ofLabels, from.countOf(id) - to.countOf(id) - 1, from.taskCount - to.taskCount - 1];
  }

  /** Below 0: `a` has less than `b`, looked at from the whole to the part. */
  #compare(a: NodeLoad, b: NodeLoad): number {
    const { id } = this.#subject.service;
    const ofPlaces = this.#compareWays(this.#wayTo(a), this.#wayTo(b));
    return ofPlaces || a.countOf(id) - b.countOf(id) || a.taskCount - b.taskCount;
  }

  #compareWays(a: readonly string[], b: readonly string[]): number {
    for (const [at, place] of a.entries()) {
      const difference = this.#countIn(place) - this.#countIn(b[at] ?? "");
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #wayTo(load: NodeLoad): readonly string[] {
    let way = this.#ways.get(load);
    if (way === undefined) {
      way = wayTo(load, this.#keys);
      this.#ways.set(load, way);
    }
    return way;
  }

  #countIn(place: string): number {
    return this.#counts.get(place) ?? 0;
  }
}
