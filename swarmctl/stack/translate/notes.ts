import { type ComposeProject, type Place, placeOf } from "../../../shared/compose/project.ts";
import { SwarmError } from "../../../shared/errors.ts";

/** Something that is wrong in a file, or that the swarm cannot do. */
export interface Fault {
  readonly place: Place | null;
  readonly sentence: string;
  /** The file is right, but the swarm has no such thing: people may go on without it. */
  readonly isUnsupported: boolean;
}

/** Collects all faults of a project, so that people need not find them one by one. */
export class Notes {
  readonly #project: ComposeProject;
  readonly #faults: Fault[] = [];

  constructor(project: ComposeProject) {
    this.#project = project;
  }

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  wrong(path: readonly string[], sentence: string): void {
    this.#faults.push({ place: placeOf(this.#project, ...path), sentence, isUnsupported: false });
  }

  unsupported(path: readonly string[], sentence: string): void {
    this.#faults.push({ place: placeOf(this.#project, ...path), sentence, isUnsupported: true });
  }

  /** What `read` returns; undefined, with its sentence noted, when it refuses. */
  attempt<Value>(path: readonly string[], read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      this.wrong(path, error.message);
      return undefined;
    }
  }
}

/** `compose.yaml:12: sentence`. */
export function faultText({ place, sentence }: Pick<Fault, "place" | "sentence">): string {
  return place === null ? sentence : `${place.file}:${place.line}: ${sentence}`;
}
