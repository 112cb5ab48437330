import { usageError } from "./usage.ts";

/** What --security-opt can say. */
export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
}

/**
 * Docker's words: `no-new-privileges`, with `=true`, `=false`, or a colon for the equals sign. The last one counts.
 * @returns null when there is none. @throws SwarmError invalidArgument for any other option.
 */
export function parseSecurityOptions(texts: readonly string[]): SecurityOptions | null {
  let result: SecurityOptions | null = null;
  for (const text of texts) {
    const match = /^no-new-privileges(?:[=:](true|false))?$/.exec(text);
    if (match === null) {
      throw usageError(`invalid --security-opt "${text}": expected no-new-privileges, or no-new-privileges=false`);
    }
    result = { noNewPrivileges: match[1] !== "false" };
  }
  return result;
}
