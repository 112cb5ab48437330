import { SwarmError } from "../../shared/errors.ts";
import { invariant, unreachable } from "../../shared/invariant.ts";
import { KINDS } from "../../shared/objects/kinds.ts";
import { OBJECT_KINDS, type ObjectKind, type ObjectKinds } from "../../shared/objects/types.ts";
import type { StoreAction as WireStoreAction } from "../../shared/rpc/gen/objects.ts";
import { codecs } from "../../shared/rpc/schema.ts";

/** One write, as it is in the log. A removal keeps only the id. */
export type StoreAction = {
  [Kind in ObjectKind]:
    | { readonly kind: Kind; readonly action: "create" | "update"; readonly object: ObjectKinds[Kind] }
    | { readonly kind: Kind; readonly action: "remove"; readonly id: string };
}[ObjectKind];

/** What the leader adds to a transaction's actions when it proposes them; see objects.proto, StoreChanges. */
export interface EntryHead {
  readonly sequence: number;
  readonly proposedAtMs: number;
}

export interface StoreEntry extends EntryHead {
  readonly actions: readonly StoreAction[];
}

/**
 * One action's bytes. Protocol Buffers join repeated fields of concatenated messages, so a transaction is encoded write
 * by write, its size is always known, and nothing is encoded twice.
 */
export function encodeAction(action: StoreAction): Uint8Array {
  const object = action.action === "remove" ? { id: action.id } : action.object;
  return codecs.storeChanges.encode({ actions: [{ kind: WIRE_KIND[action.action], [action.kind]: object }] });
}

export function joinEntry(head: EntryHead, actions: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([codecs.storeChanges.encode({ ...head, actions: [] }), ...actions]);
}

/** @throws SwarmError invalidArgument when the bytes are not what `joinEntry` makes. */
export function decodeEntry(bytes: Uint8Array): StoreEntry {
  const wire = codecs.storeChanges.decode(bytes);
  return { sequence: wire.sequence, proposedAtMs: wire.proposedAtMs, actions: wire.actions.map(parseAction) };
}

const WIRE_KIND = { create: "CREATE", update: "UPDATE", remove: "REMOVE" } as const;

function parseAction(wire: WireStoreAction): StoreAction {
  const kind = OBJECT_KINDS.find((candidate) => wire[candidate] !== null && wire[candidate] !== undefined);
  if (kind === undefined) throw new SwarmError("invalidArgument", "a store action without an object");
  switch (wire.kind) {
    case "CREATE":
    case "UPDATE":
      return {
        kind,
        action: wire.kind === "CREATE" ? "create" : "update",
        object: parseKind(wire, kind),
      } as StoreAction;
    case "REMOVE": {
      const id = wire[kind]?.id ?? "";
      invariant(id !== "", "a removal names its object");
      return { kind, action: "remove", id };
    }
    default:
      return unreachable(wire.kind);
  }
}

function parseKind(wire: WireStoreAction, kind: ObjectKind): ObjectKinds[ObjectKind] {
  const parse = KINDS[kind].parse as (object: unknown) => ObjectKinds[ObjectKind];
  return parse(wire[kind]);
}
