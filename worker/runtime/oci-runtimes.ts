import { posix } from "node:path";
import { SwarmError } from "../../shared/errors.ts";

/** The OCI runtimes of a host: its usual one, and the others by the names that people gave them. */
export interface OciRuntimes {
  /** By name or path. */
  readonly usual: string;
  /** Programs, by name or path. */
  readonly named: ReadonlyMap<string, string>;
}

/** Known everywhere by the name of their program, if it is installed. */
const WELL_KNOWN: readonly string[] = ["crun", "runc"];

/**
 * The program of a runtime that a service names; "" = the usual one. A service never names a program itself: it would
 * be run by root of the host.
 * @throws SwarmError failedPrecondition for a name that this host was not given.
 */
export function programOf(name: string, { usual, named }: OciRuntimes, hostname: string): string {
  if (name === "" || name === posix.basename(usual)) return usual;
  const program = named.get(name) ?? (WELL_KNOWN.includes(name) ? name : undefined);
  if (program !== undefined) return program;
  const known = [...new Set([posix.basename(usual), ...WELL_KNOWN, ...named.keys()])].join(", ");
  throw new SwarmError(
    "failedPrecondition",
    `node ${hostname} knows no OCI runtime ${name}, only ${known}: start swarmd there with --add-runtime ${name}=PROGRAM`,
  );
}

/** Whether a program, by name or path, is crun, which takes orders that others do not. */
export function isCrun(program: string): boolean {
  return /(^|\/)crun[^/]*$/.test(program);
}
