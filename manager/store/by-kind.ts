import type { ObjectKind } from "../../shared/objects/types.ts";
import type { Change, ReadView } from "./store-types.ts";

/** A change of one kind of object. */
export type ChangeOf<Kind extends ObjectKind> = Extract<Change, { readonly kind: Kind }>;

/** What a change of each kind leads to. Kinds that are not named lead to nothing, including those of later releases. */
export type ByKind<Result> = {
  readonly [Kind in ObjectKind]?: (change: ChangeOf<Kind>, view: ReadView) => Result;
};

/** The table as one function. */
export function byKind<Result>(table: ByKind<Result>, nothing: Result): (change: Change, view: ReadView) => Result {
  const rows = table as Readonly<Partial<Record<ObjectKind, (change: Change, view: ReadView) => Result>>>;
  return (change, view) => rows[change.kind]?.(change, view) ?? nothing;
}
