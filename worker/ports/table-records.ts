import type { NetworkTable } from "../../shared/rpc/gen/dispatcher.ts";
import { type Codec, codecs } from "../../shared/rpc/schema.ts";
import { differenceOf, LINE_KINDS, type LineKind, lineId } from "./table-lines.ts";

/**
 * A network table as records: one for what is said of the network, one for each line, so that a change costs what it
 * changes. Keys: `network/ID` and `line/ID/KIND/LINE`. A release of before kept all lines in the first; they count
 * until the table is written again.
 */
export const NETWORK_PREFIX = "network/";
export const LINE_PREFIX = "line/";

type Line<Kind extends LineKind> = NetworkTable[Kind][number];

const CODECS: { readonly [Kind in LineKind]: Codec<Line<Kind>> } = {
  hosts: codecs.networkHost,
  endpoints: codecs.networkEndpoint,
  services: codecs.networkService,
};

export type RecordChange =
  | { readonly type: "put"; readonly key: string; readonly value: Uint8Array }
  | { readonly type: "del"; readonly key: string };

export function linesKey(networkId: string): string {
  return `${LINE_PREFIX}${networkId}/`;
}

/** What turns the records of `before` into those of `after`, both with ordered lines; null = there are none. */
export function recordChanges(before: NetworkTable | null, after: NetworkTable): readonly RecordChange[] {
  const networkId = after.network?.id ?? "";
  const changes: RecordChange[] = [];
  if (before?.network !== after.network || before.dataPathPort !== after.dataPathPort) {
    const head = { network: after.network, dataPathPort: after.dataPathPort };
    changes.push({ type: "put", key: NETWORK_PREFIX + networkId, value: codecs.networkTable.encode(head) });
  }
  const addLines = <Kind extends LineKind>(kind: Kind): void => {
    const { put, removedIds } = differenceOf<Kind>(kind, before?.[kind] ?? [], after[kind]);
    const keyOf = (id: string): string => `${linesKey(networkId)}${kind}/${id}`;
    for (const id of removedIds) changes.push({ type: "del", key: keyOf(id) });
    for (const line of put) {
      const value = (CODECS[kind] as Codec<Line<Kind>>).encode(line as never);
      changes.push({ type: "put", key: keyOf(lineId(kind, line)), value });
    }
  };
  for (const kind of LINE_KINDS) addLines(kind);
  return changes;
}

/** A line's record: whose table it belongs to, and a change that puts it there. @throws when it says nothing. */
export function readLine(
  key: string,
  value: Uint8Array,
): { readonly networkId: string; readonly kind: LineKind; readonly line: Line<LineKind> } {
  const [, networkId = "", word, id] = key.split("/");
  const kind = LINE_KINDS.find((candidate) => candidate === word);
  if (kind === undefined) throw new Error("it is of an unknown kind");
  const line = CODECS[kind].decode(value) as Line<typeof kind>;
  if (lineId(kind, line) !== id) throw new Error(`it calls itself ${lineId(kind, line)}`);
  return { networkId, kind, line };
}
