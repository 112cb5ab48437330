import { SwarmError } from "../errors.ts";

/** More of a long template would hide the message about it. */
const SOURCE_LENGTH_SHOWN = 80;

/** Text that is not a valid template. */
export function parsingError(source: string, sentence: string): SwarmError {
  return new SwarmError("invalidArgument", `template parsing error at "${shortened(source)}": ${sentence}`);
}

/** A template that does not fit its data. */
export function fillingError(source: string, sentence: string): SwarmError {
  return new SwarmError("invalidArgument", `template error at "${shortened(source)}": ${sentence}`);
}

function shortened(source: string): string {
  return source.length <= SOURCE_LENGTH_SHOWN ? source : `${source.slice(0, SOURCE_LENGTH_SHOWN)}...`;
}
