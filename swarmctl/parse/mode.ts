import type { ServiceMode } from "../../shared/objects/types.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import { parseChoice } from "./numbers.ts";
import { usageError } from "./usage.ts";

const MODES = Object.keys(SERVICE_MODES) as ServiceMode[];

/** A mode as people write it. @throws SwarmError invalidArgument naming `flag`. */
export function parseMode(word: string, flag: string): ServiceMode {
  if (/^(replicated|global)-job$/.test(word)) {
    throw usageError(`invalid value "${word}" for ${flag}: a swarm does not have jobs yet`);
  }
  return parseChoice(word, flag, Object.fromEntries(MODES.map((mode) => [mode, mode])));
}
