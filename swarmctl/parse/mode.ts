import type { ServiceMode } from "../../shared/objects/types.ts";
import { SERVICE_MODES } from "../../shared/service-spec/modes.ts";
import { parseChoice } from "./numbers.ts";

const MODES = Object.keys(SERVICE_MODES) as ServiceMode[];

/** A mode as people write it. @throws SwarmError invalidArgument naming `flag`. */
export function parseMode(word: string, flag: string): ServiceMode {
  return parseChoice(word, flag, Object.fromEntries(MODES.map((mode) => [SERVICE_MODES[mode].word, mode])));
}
