import { meetsConstraint } from "../../shared/constraint-fit.ts";
import { messageOf } from "../../shared/errors.ts";
import { humanBytes } from "../../shared/human-bytes.ts";
import type { Task } from "../../shared/objects/types.ts";
import type { Platform } from "../../shared/rpc/gen/objects.ts";
import { hostPortsOf } from "../tasks/host-ports.ts";
import { readConstraints, takesTasks } from "../tasks/node-fitness.ts";
import { affinityFilters } from "./affinity-filters.ts";
import { type Filter, nodesText } from "./filter.ts";
import type { Neighbours } from "./neighbours.ts";
import type { NodeLoad } from "./node-load.ts";

const NANOS_PER_CPU = 1_000_000_000;

/** The filters that matter for tasks like this one, in the order in which they are asked, which is Docker's. */
export function filtersFor(task: Task, neighbours: Neighbours): readonly Filter[] {
  return [
    readyFilter,
    ...resourceFilters(task),
    ...genericFilters(task),
    ...constraintFilters(task),
    ...affinityFilters(task, neighbours),
    platformFilter(task),
    hostPortFilter(task),
    replicasFilter(task),
  ].filter((filter) => filter !== null);
}

/** The first filter that refuses the node, or that failed on it; null when all let it pass. */
export function refusalOf(filters: readonly Filter[], load: NodeLoad): Filter | null {
  for (const filter of filters) {
    try {
      if (!filter.passes(load)) return filter;
    } catch (error) {
      // The fault may be in the node or in the task: only this pair is given up, and people can read why.
      return brokenFilter(error);
    }
  }
  return null;
}

/**
 * Why no node can take the task: "no suitable node (…; …)", the most frequent reason first. Of what a node lacks, all
 * is told: whoever made room for the first alone would wait again.
 */
export function explainRefusals(filters: readonly Filter[], loads: readonly NodeLoad[]): string {
  const counts = new Map<string, { readonly filter: Pick<Filter, "explain">; readonly rank: number; nodes: number }>();
  for (const load of loads) {
    for (const { filter, rank } of reasonsOf(filters, load)) {
      // Grouped by its words for one node, since each failed filter is a new one.
      const words = filter.explain(1);
      const count = counts.get(words) ?? { filter, rank, nodes: 0 };
      count.nodes++;
      counts.set(words, count);
    }
  }
  const reasons = [...counts.values()]
    .toSorted((a, b) => b.nodes - a.nodes || a.rank - b.rank)
    .map(({ filter, nodes }) => filter.explain(nodes));
  return reasons.length === 0 ? "no suitable node" : `no suitable node (${reasons.join("; ")})`;
}

interface Reason {
  readonly filter: Pick<Filter, "explain">;
  readonly rank: number;
}

/** What refuses the node; where that is a lack of something, with all else that it lacks. */
function reasonsOf(filters: readonly Filter[], load: NodeLoad): readonly Reason[] {
  const first = refusalOf(filters, load);
  if (first === null) return [];
  const rank = filters.indexOf(first);
  if (first.isRoom !== true) return [{ filter: first, rank }];
  const lacking = filters.filter((filter) => filter.isRoom === true && refusalOf([filter], load) === filter);
  const amounts = lacking.flatMap(({ wanted }) => wanted ?? []);
  const others = lacking.filter(({ wanted }) => wanted === undefined);
  return [
    ...(amounts.length === 0 ? [] : [{ filter: { explain: lackOf(amounts.join(" and ")) }, rank }]),
    ...others.map((filter) => ({ filter, rank: filters.indexOf(filter) })),
  ];
}

/** Docker's words as far as the count: scripts look for them. */
function lackOf(wanted: string): Filter["explain"] {
  return (nodes) => `insufficient resources on ${nodesText(nodes)}: ${wanted} wanted`;
}

function brokenFilter(error: unknown): Filter {
  return {
    passes: () => false,
    explain: (nodes) => `internal error on ${nodesText(nodes)}: ${messageOf(error)}`,
    error,
  };
}

const readyFilter: Filter = {
  passes: ({ node }) => takesTasks(node),
  explain: (nodes) => `${nodesText(nodes)} not available for new tasks`,
};

/** One for processors and one for memory, so that people can read which is lacking and how much was asked for. */
function resourceFilters({ spec }: Task): readonly Filter[] {
  const nanoCpus = spec.reservations?.nanoCpus ?? 0;
  const memoryBytes = spec.reservations?.memoryBytes ?? 0;
  const lacks = (wanted: string, passes: Filter["passes"]): Filter => ({
    ...{ isRoom: true, wanted, passes },
    explain: lackOf(wanted),
  });
  return [
    ...(nanoCpus === 0 ? [] : [lacks(cpusText(nanoCpus), (load) => nanoCpus <= load.freeNanoCpus)]),
    ...(memoryBytes === 0
      ? []
      : [lacks(`${humanBytes(memoryBytes)} of memory`, (load) => memoryBytes <= load.freeMemoryBytes)]),
  ];
}

function cpusText(nanoCpus: number): string {
  const cpus = nanoCpus / NANOS_PER_CPU;
  return cpus === 1 ? "1 CPU" : `${cpus} CPUs`;
}

/** One for each kind, so that people can read what is lacking. */
function genericFilters({ spec }: Task): readonly Filter[] {
  return (spec.reservations?.generic ?? []).map((wanted) => ({
    isRoom: true,
    passes: (load) => load.generic.fits(wanted),
    explain: (nodes) => `insufficient ${wanted.kind} on ${nodesText(nodes)}`,
  }));
}

/** One for each constraint, so that people can read which one it is. */
function constraintFilters({ spec }: Task): readonly Filter[] {
  if ((spec.placement?.constraints.length ?? 0) === 0) return [];
  const words = (nodes: number): string => `scheduling constraints not satisfied on ${nodesText(nodes)}`;
  const constraints = readConstraints(spec);
  if (constraints === null) return [{ passes: () => false, explain: words }];
  return constraints.map((constraint) => ({
    passes: ({ node }) => meetsConstraint(node, constraint),
    explain: (nodes) => `${words(nodes)}: ${constraint.text}`,
  }));
}

function platformFilter({ spec }: Task): Filter | null {
  const platforms = spec.placement?.platforms ?? [];
  if (platforms.length === 0) return null;
  return {
    passes: ({ node }) => platforms.some((platform) => suits(platform, node.description?.platform ?? null)),
    explain: (nodes) => `unsupported platform on ${nodesText(nodes)}`,
  };
}

function hostPortFilter(task: Task): Filter | null {
  const ports = hostPortsOf(task);
  if (ports.length === 0) return null;
  return {
    isRoom: true,
    passes: (load) => !ports.some((port) => load.hasHostPort(port)),
    explain: (nodes) => `host-mode port already in use on ${nodesText(nodes)}`,
  };
}

function replicasFilter({ spec, serviceId }: Task): Filter | null {
  const most = spec.placement?.maxReplicas ?? 0;
  if (most === 0) return null;
  // Docker's words, "exceed" included: scripts look for them.
  return { passes: (load) => load.countOf(serviceId) < most, explain: () => "max replicas per node limit exceed" };
}

function suits(wanted: Platform, has: Platform | null): boolean {
  const osFits = wanted.os === "" || wanted.os.toLowerCase() === (has?.os ?? "").toLowerCase();
  return (
    osFits &&
    (wanted.architecture === "" ||
      normalArchitecture(wanted.architecture) === normalArchitecture(has?.architecture ?? ""))
  );
}

/** Images and kernels name the same processor differently. */
function normalArchitecture(name: string): string {
  const lower = name.toLowerCase();
  if (lower === "x86_64") return "amd64";
  return lower === "aarch64" ? "arm64" : lower;
}
