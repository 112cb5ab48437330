import type { ProcessExit } from "../../../shared/rpc/gen/streams.ts";

/** As shells and Docker count them. */
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

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
