import type { ProcessExit } from "../../../shared/rpc/gen/streams.ts";

/** As shells and Docker count them. */
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

/** What the runtime says of the container itself, in words that tell what to do. */
const OF_CONTAINER: readonly (readonly [RegExp, string])[] = [
  [/^the container `[^`]*` is paused$/, "the container is paused: unpause it before exec"],
  [/^error opening file `[^`]*\/status`/, "the runtime has lost its record of this container: restart the container"],
];

/** Of a process that cannot begin as its caller wants it. */
export const neverBegan = (complaint: string): ProcessExit => ({ exitCode: CANNOT_EXECUTE, complaint });

/**
 * Why a process never began, from the lines of JSON that an OCI runtime logs; null = it said nothing of the kind, so
 * that the exit code is the process's own.
 */
export function startComplaint(log: string): ProcessExit | null {
  const errors = log.split("\n").flatMap((line) => {
    const said = parse(line);
    return said !== null && said.level === "error" ? [said.msg] : [];
  });
  const reason = errors.at(-1);
  if (reason === undefined) return null;
  const ofContainer = OF_CONTAINER.find(([pattern]) => pattern.test(reason.trim()));
  if (ofContainer !== undefined) return neverBegan(ofContainer[1]);
  const isMissing = /not found|no such file or directory/i.test(reason);
  return {
    exitCode: isMissing ? NOT_FOUND : CANNOT_EXECUTE,
    complaint: `OCI runtime exec failed: unable to start container process: ${reason.trim()}`,
  };
}

function parse(line: string): { readonly level: unknown; readonly msg: string } | null {
  try {
    const { level, msg }: { readonly level?: unknown; readonly msg?: unknown } = JSON.parse(line);
    return typeof msg === "string" ? { level, msg } : null;
  } catch {
    return null;
  }
}
