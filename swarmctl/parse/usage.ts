import { SwarmError } from "../../shared/errors.ts";

/** What the person typed is wrong; the sentence quotes it and says what is expected. */
export function usageError(message: string): SwarmError {
  return new SwarmError("invalidArgument", message);
}
