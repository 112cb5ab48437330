import { EncodedMessage } from "../../shared/rpc/encoded-message.ts";
import type { Assignments, ManagerMessage } from "../../shared/rpc/gen/dispatcher.ts";
import { codecs } from "../../shared/rpc/schema.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { type AssignmentChange, inParts } from "./assignment-diff.ts";
import { CHUNK_BYTES_MAX } from "./change-chunks.ts";
import type { TableStep } from "./sent-tables.ts";
import type { SharedPart } from "./table-feed.ts";

export type Outgoing = Sendable<ManagerMessage> | EncodedMessage;

/** The field `assignments` of ManagerMessage. */
const ASSIGNMENTS_FIELD = 2;

/** One message's share of a revision: what is for this node alone, then what is the same for others. */
export interface RevisionPart {
  readonly own: AssignmentChange;
  readonly shared: readonly SharedPart[];
}

/** A revision as parts that each fit a message. At least one. */
export function revisionParts(own: AssignmentChange, tables: TableStep | null): readonly RevisionPart[] {
  const removedIds = [...own.removedIds, ...(tables?.removedIds ?? [])];
  const parts = inParts({ put: own.put, removedIds }).map((part) => ({ own: part, shared: [] as SharedPart[] }));
  let weight = 0;
  for (const shared of tables?.parts ?? []) {
    weight += shared.weight;
    const last = parts.at(-1);
    if (last !== undefined && weight <= CHUNK_BYTES_MAX) last.shared.push(shared);
    else {
      parts.push({ own: { put: [], removedIds: [] }, shared: [shared] });
      weight = shared.weight;
    }
  }
  return parts;
}

export function assignmentsMessage(
  head: Pick<Assignments, "kind" | "revision" | "more">,
  { own, shared }: RevisionPart,
): Outgoing {
  const assignments = { ...head, ...own };
  if (shared.length === 0) return { assignments };
  return EncodedMessage.ofField(ASSIGNMENTS_FIELD, [
    codecs.assignments.encode(assignments),
    ...shared.map(({ bytes }) => bytes),
  ]);
}
