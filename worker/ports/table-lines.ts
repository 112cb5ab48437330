/**
 * Lines of network tables on a host: lists sorted by what they are about, never changed in place. What did not change
 * stays the same object, so that two tables are compared by walking both and looking at identities.
 */
import type { NetworkEndpoint, NetworkHost, NetworkService, NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";

/** What a list of lines is sorted by. */
const IDS = {
  hosts: ({ nodeId }: NetworkHost): string => nodeId,
  endpoints: ({ taskId }: NetworkEndpoint): string => taskId,
  services: ({ serviceId }: NetworkService): string => serviceId,
} as const;
/** The lists of a table. */
export const LINE_KINDS = ["hosts", "endpoints", "services"] as const;
export type LineKind = (typeof LINE_KINDS)[number];
type Line<Kind extends LineKind> = NetworkTable[Kind][number];

/** What a line is about: a node, a task or a service. */
export function lineId<Kind extends LineKind>(kind: Kind, line: Line<Kind>): string {
  return (IDS[kind] as (line: Line<Kind>) => string)(line);
}

/** A table as it came, with its lines in order. */
export function orderedTable(table: NetworkTable): NetworkTable {
  const { hosts, endpoints, services } = table;
  return {
    ...table,
    hosts: sortLines("hosts", hosts),
    endpoints: sortLines("endpoints", endpoints),
    services: sortLines("services", services),
  };
}

function sortLines<Kind extends LineKind>(kind: Kind, lines: readonly Line<Kind>[]): Line<Kind>[] {
  return [...lines].sort((a, b) => (lineId(kind, a) < lineId(kind, b) ? -1 : 1));
}

/** Sorted `lines` with some put in and some taken out; the same list when there are none. */
export function changeLines<Kind extends LineKind>(
  kind: Kind,
  lines: NetworkTable[Kind],
  put: readonly Line<Kind>[],
  removedIds: readonly string[],
): NetworkTable[Kind] {
  if (put.length + removedIds.length === 0) return lines;
  const changed = [...lines] as Line<Kind>[];
  for (const id of removedIds) {
    const at = placeOf(kind, changed, id);
    if (isAt(kind, changed, at, id)) changed.splice(at, 1);
  }
  for (const line of put) {
    const id = lineId(kind, line);
    const at = placeOf(kind, changed, id);
    changed.splice(at, isAt(kind, changed, at, id) ? 1 : 0, line);
  }
  return changed as NetworkTable[Kind];
}

/** What differs between two sorted lists: lines that are new or other objects, and ids of those that are gone. */
export interface LineDifference<Kind extends LineKind> {
  readonly put: readonly Line<Kind>[];
  readonly removedIds: readonly string[];
}

export function differenceOf<Kind extends LineKind>(
  kind: Kind,
  before: readonly Line<Kind>[],
  after: readonly Line<Kind>[],
): LineDifference<Kind> {
  const put: Line<Kind>[] = [];
  const removedIds: string[] = [];
  if (before === after) return { put, removedIds };
  let at = 0;
  for (const line of after) {
    for (; at < before.length && before[at] !== line; at++) {
      const old = lineId(kind, before[at] as Line<Kind>);
      const id = lineId(kind, line);
      if (old >= id) break;
      removedIds.push(old);
    }
    const old = before[at];
    const isSame = old !== undefined && lineId(kind, old) === lineId(kind, line);
    if (!isSame || old !== line) put.push(line);
    if (isSame) at++;
  }
  for (; at < before.length; at++) removedIds.push(lineId(kind, before[at] as Line<Kind>));
  return { put, removedIds };
}

/** Where a line about `id` stands, or would. */
function placeOf<Kind extends LineKind>(kind: Kind, lines: readonly Line<Kind>[], id: string): number {
  let [from, to] = [0, lines.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (lineId(kind, lines[middle] as Line<Kind>) < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

function isAt<Kind extends LineKind>(kind: Kind, lines: readonly Line<Kind>[], at: number, id: string): boolean {
  const line = lines[at];
  return line !== undefined && lineId(kind, line) === id;
}
