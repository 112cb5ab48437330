/**
 * A reporter of `node --test` for scripts/test: what it counts and lists, one fact a line, the kind of fact first.
 * A suite that is skipped counts as one, because it is listed as one.
 */
import { relative } from "node:path";
import type { TestEvent } from "node:test/reporters";

/**
 * What may keep a test from running: a kernel without a feature, which the test names, and data that we may not ship,
 * named by the variable for its folder. Any other skip is a failure; otherwise a test that never runs would look like
 * one that passed.
 */
const SKIP_ALLOWED = /^this kernel has no \S|\bset [A-Z_]+_TESTDATA\b/;

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of events) {
    if (event.type === "test:complete" && event.data.details.type !== "suite") yield* time(event.data);
    if (event.type === "test:pass" || event.type === "test:fail") yield* count(totals, event);
  }
  yield `counts ${totals.passed} ${totals.failed} ${totals.skipped}\n`;
}

function* time({ name, file = "", details }: Extract<TestEvent, { type: "test:complete" }>["data"]) {
  yield `test ${(details.duration_ms / 1_000).toFixed(1)} ${relative(process.cwd(), file)}: ${name}\n`;
}

function* count(totals: Totals, { type, data }: Extract<TestEvent, { type: "test:pass" | "test:fail" }>) {
  const { name, skip, todo, details } = data;
  const reason = skip ?? todo;
  if (type === "test:fail") {
    // A suite fails with its tests, and by itself only in a hook or by its limit.
    const cause = "error" in details ? details.error : null;
    if (details.type === "suite" && isOf(cause, "subtestsFailed")) return;
    totals.failed++;
    yield `failed ${name}\n`;
  } else if (reason !== undefined && reason !== false) {
    const isAllowed = typeof reason === "string" && SKIP_ALLOWED.test(reason);
    totals[isAllowed ? "skipped" : "failed"]++;
    yield `${isAllowed ? "skipped" : "failed"} ${name}: ${reason === true ? "skipped without a reason" : reason}\n`;
  } else if (details.type !== "suite") totals.passed++;
}

function isOf(error: unknown, failureType: string): boolean {
  return error instanceof Error && "failureType" in error && error.failureType === failureType;
}
