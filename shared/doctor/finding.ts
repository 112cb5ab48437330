import type { FindingSeverity } from "../rpc/gen/doctor.ts";

export type Severity = FindingSeverity;

/** One thing that was found. */
export interface Finding {
  readonly severity: Severity;
  /** What was checked: a word or two. */
  readonly what: string;
  readonly where: string;
  /** A sentence without a full stop. */
  readonly result: string;
  /** What to do; "" = nothing. */
  readonly mend: string;
}

/** A finding before its check gives it its `what`. */
export type Found = Omit<Finding, "what">;

/** What one check looked at, and what it found. */
export interface Checked {
  readonly what: string;
  /** What was looked at, for the line that says that all is well: `6 ways`. "" = there was nothing to look at. */
  readonly scope: string;
  readonly found: readonly Found[];
}

export const broken = (where: string, result: string, mend: string): Found => ({
  severity: "BROKEN",
  where,
  result,
  mend,
});

export const warning = (where: string, result: string, mend: string): Found => ({
  severity: "WARNING",
  where,
  result,
  mend,
});

/** `1 host`, `3 hosts`; "" for none. */
export function counted(count: number, noun: string): string {
  if (count === 0) return "";
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
