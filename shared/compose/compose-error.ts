import { SwarmError } from "../errors.ts";
import type { Place } from "./place.ts";

/** A Compose file that cannot be loaded: `compose.yaml:12: services.web.ports[1]: "80:a" is not a port; write ...`. */
export class ComposeError extends SwarmError {
  /** null when it is about no line: a file that is not there, a setting of the caller. */
  readonly place: Place | null;
  constructor(place: Place | null, sentence: string, options: ErrorOptions = {}) {
    super("invalidArgument", place === null ? sentence : `${place.file}:${place.line}: ${sentence}`, options);
    this.place = place;
  }
}
