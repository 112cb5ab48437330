import { isDeepStrictEqual } from "node:util";
import type { NetworkTable, NetworkTableChange } from "../../shared/rpc/gen/dispatcher.ts";
import { changeLines, type LineKind, lineId } from "../ports/table-lines.ts";

/** The ordered table after a change; what the change does not speak of stays the same object. */
export function changedTable(table: NetworkTable, change: NetworkTableChange): NetworkTable {
  return {
    ...table,
    network: change.network ?? table.network,
    hosts: changeLines("hosts", table.hosts, change.putHosts, change.removedNodeIds),
    endpoints: changeLines("endpoints", table.endpoints, change.putEndpoints, change.removedTaskIds),
    services: changeLines("services", table.services, change.putServices, change.removedServiceIds),
  };
}

/**
 * The ordered table `after` with the objects of `before` for all that says the same; `before` itself when nothing
 * differs. A new session brings every table whole, though next to nothing of it is new.
 */
export function withKeptLines(before: NetworkTable, after: NetworkTable): NetworkTable {
  const kept: NetworkTable = {
    ...after,
    network: isDeepStrictEqual(before.network, after.network) ? before.network : after.network,
    hosts: keepLines("hosts", before.hosts, after.hosts),
    endpoints: keepLines("endpoints", before.endpoints, after.endpoints),
    services: keepLines("services", before.services, after.services),
  };
  const isSame = (Object.keys(kept) as (keyof NetworkTable)[]).every((key) => kept[key] === before[key]);
  return isSame ? before : kept;
}

function keepLines<Kind extends LineKind>(
  kind: Kind,
  before: NetworkTable[Kind],
  after: NetworkTable[Kind],
): NetworkTable[Kind] {
  type Line = NetworkTable[Kind][number];
  let at = 0;
  const kept = (after as Line[]).map((line) => {
    const id = lineId(kind, line);
    while (at < before.length && lineId(kind, before[at] as Line) < id) at++;
    const old = before[at];
    return old !== undefined && isDeepStrictEqual(old, line) ? old : line;
  });
  const isSame = kept.length === before.length && kept.every((line, place) => line === before[place]);
  return isSame ? before : (kept as NetworkTable[Kind]);
}
