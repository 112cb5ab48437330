import { usageError } from "./usage.ts";

/** What --security-opt can express. */
export interface SecurityOptions {
  /** undefined = the hosts' default for services that do not set it. */
  readonly noNewPrivileges: boolean | undefined;
}

/**
 * Docker's words: `no-new-privileges`, with `=true`, `=false`, or a colon for the equals sign; `=default` is ours. The
 * last one counts.
 * @returns null when there is none. @throws SwarmError invalidArgument for any other option.
 */
export function parseSecurityOptions(texts: readonly string[]): SecurityOptions | null {
  let result: SecurityOptions | null = null;
  for (const text of texts) {
    const match = /^no-new-privileges(?:[=:](true|false|default))?$/.exec(text);
    if (match === null) {
      throw usageError(`invalid --security-opt "${text}": expected no-new-privileges, =false or =default`);
    }
    result = { noNewPrivileges: match[1] === "default" ? undefined : match[1] !== "false" };
  }
  return result;
}
