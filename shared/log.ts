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

/** Says nothing: for tests that look at outcomes. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

/**
 * How loud the n-th failure in a row is (n counts from 1). A warning is for what somebody should look at: a fault that
 * passes by itself is none, so the `from`-th is the first, and one that lasts is told at each doubling, not each time.
 */
export function levelOfFailure(times: number, from = 1): "warn" | "debug" {
  const doublings = Math.log2(times / from);
  return times >= from && Number.isInteger(doublings) ? "warn" : "debug";
}
