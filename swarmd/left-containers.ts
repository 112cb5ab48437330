import type { Logger } from "../shared/log.ts";

/** Containers that one warning names. */
const NAMES_MAX = 20;

/** What people are told, and the log, of containers that could not be removed when the host left its swarm. */
export function warningsOfLeft(left: readonly string[], log: Logger): readonly string[] {
  if (left.length === 0) return [];
  const names = left.length > NAMES_MAX ? [...left.slice(0, NAMES_MAX), `${left.length - NAMES_MAX} more`] : left;
  const warning = `left the swarm, but these containers could not be removed and may still run here: ${names.join(", ")}; what is left goes when this host joins a swarm again`;
  log.error(warning);
  return [warning];
}
