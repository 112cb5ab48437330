import { unreachable } from "../../../shared/invariant.ts";
import type { Model } from "./search.ts";

/** null: nothing was written yet. */
export type Value = number | null;

export interface Register {
  readonly value: Value;
  /** How often it has been written. */
  readonly version: number;
}

/** What was asked of a register and what came of it. `version` null: the client was not told. */
export type RegisterOperation =
  /** Reads that brought no answer tell nothing, and do not belong into a history. */
  | { readonly kind: "read"; readonly key: number; readonly value: Value; readonly version: number | null }
  | { readonly kind: "write"; readonly key: number; readonly value: number; readonly version: number | null }
  /** Writes `to` if it holds `from`; `succeeded` null: unheard of, it may have done either. */
  | {
      readonly kind: "cas";
      readonly key: number;
      readonly from: Value;
      readonly to: number;
      readonly succeeded: boolean | null;
      readonly version: number | null;
    };

/** A register with compare-and-set that counts its writes; the version is the one after the operation. */
export const versionedRegister: Model<Register, RegisterOperation> = {
  initial: { value: null, version: 0 },
  step(state, operation) {
    const after = perform(state, operation);
    if (after === null) return null;
    return operation.version === null || operation.version === after.version ? after : null;
  },
  isTooLate: ({ version }, operation) =>
    operation.version !== null && operation.version < version + (isReadOnly(operation) ? 0 : 1),
  isReadOnly,
  nameOf: ({ value, version }) => `${value}/${version}`,
};

/** The same where nobody is told versions: not counting them, many more orders lead to the same state. */
export const plainRegister: Model<Register, RegisterOperation> = {
  initial: { value: null, version: 0 },
  step(state, operation) {
    const after = perform(state, operation);
    return after === null ? null : { value: after.value, version: 0 };
  },
  isTooLate: () => false,
  isReadOnly,
  nameOf: ({ value }) => String(value),
};

function isReadOnly(operation: RegisterOperation): boolean {
  return operation.kind === "read" || (operation.kind === "cas" && operation.succeeded === false);
}

function perform(state: Register, operation: RegisterOperation): Register | null {
  switch (operation.kind) {
    case "read":
      return operation.value === state.value ? state : null;
    case "write":
      return { value: operation.value, version: state.version + 1 };
    case "cas": {
      const succeeds = state.value === operation.from;
      if (operation.succeeded !== null && operation.succeeded !== succeeds) return null;
      return succeeds ? { value: operation.to, version: state.version + 1 } : state;
    }
    default:
      return unreachable(operation);
  }
}
