/** Structured fields of a log line; keys are glossary words in camelCase (`nodeId`, `taskId`). */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * What components log through. `child` adds fields to every line; the implementation is pino
 * (shared/ports/pino-log.ts).
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

/** Logs nothing: for tests that look at outcomes. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/**
 * How loud the n-th failure in a row is (n counts from 1). A warning is for what somebody should look into. A fault
 * that passes by itself deserves none, so the `from`-th failure is the first to warn; a lasting fault is reported at
 * each doubling, not each time.
 */
export function levelOfFailure(times: number, from = 1): "warn" | "debug" {
  const doublings = Math.log2(times / from);
  return times >= from && Number.isInteger(doublings) ? "warn" : "debug";
}
