import { type FaultCode, SwarmError } from "../../shared/errors.ts";

/** @throws SwarmError always; for use in expressions and after a failed check. */
export function refuse(code: FaultCode, sentence: string): never {
  throw new SwarmError(code, sentence);
}

/** @throws SwarmError invalidArgument unless `condition` holds. */
export function check(condition: boolean, sentence: string | (() => string)): asserts condition {
  if (!condition) refuse("invalidArgument", typeof sentence === "string" ? sentence : sentence());
}

/** Text as a person typed it, quoted so that blanks and control characters show. */
export const quoted = (text: string): string => JSON.stringify(text);
