import { pino } from "pino";
import type { Logger } from "../log.ts";
import { visible } from "../visible-text.ts";

function wrap(target: pino.Logger): Logger {
  return {
    debug: (message, fields) => target.debug(fields ?? {}, message),
    info: (message, fields) => target.info(fields ?? {}, message),
    warn: (message, fields) => target.warn(fields ?? {}, message),
    error: (message, fields) => target.error(fields ?? {}, message),
    child: (fields) => wrap(target.child(fields)),
  };
}

/**
 * JSON lines on stderr, one per event; `level` is debug, info, warn or error. JSON alone would leave C1 controls and
 * direction marks unescaped, and a terminal would obey them.
 */
export function pinoLogger(level: string): Logger {
  const stderr = pino.destination({ dest: 2, sync: true });
  const target = { write: (line: string) => void stderr.write(visible(line, "\n")) };
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, target));
}
