/** Structured fields of a log line; keys are glossary words in camelCase (`nodeId`, `taskId`). */
export type LogFields = Readonly<Record<string, unknown>>;

/** What components log through. `child` adds fields to every line; the implementation is pino (shared/ports/pino-log.ts). */
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
