import { dirname, isAbsolute, join, normalize, relative } from "node:path/posix";
import { messageOf } from "../errors.ts";
import { ComposeError } from "./compose-error.ts";
import { FILES_MAX } from "./limits.ts";
import type { Place } from "./place.ts";

/** The host's files, as far as Compose files name them. */
export interface ComposeFiles {
  /** The text of a file at an absolute path; null when there is none. "-" is standard input. */
  read(path: string): Promise<string | null>;
}

/** Reads the files of one project, each once, and counts them. */
export class ProjectFiles {
  readonly #files: ComposeFiles;
  readonly #workingDirectory: string;
  readonly #texts = new Map<string, string | null>();
  /** Those that were there. */
  #found = 0;

  /** `workingDirectory`: absolute; what people's paths are relative to. */
  constructor(files: ComposeFiles, workingDirectory: string) {
    this.#files = files;
    this.#workingDirectory = workingDirectory;
  }

  /** The text; null when there is no such file. `place`: what names it, for the sentence. @throws ComposeError */
  async read(path: string, place: Place | null): Promise<string | null> {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    if (this.#found >= FILES_MAX) throw new ComposeError(place, `more than ${FILES_MAX} files for one project`);
    try {
      const text = await this.#files.read(path);
      this.#texts.set(path, text);
      if (text !== null) this.#found += 1;
      return text;
    } catch (error) {
      throw new ComposeError(place, `${this.shown(path)} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }

  /** The text. @throws ComposeError when there is no such file. */
  async mustRead(path: string, place: Place | null): Promise<string> {
    const text = await this.read(path, place);
    if (text === null) throw new ComposeError(place, `there is no file ${this.shown(path)}`);
    return text;
  }

  /** How messages name a file: shortly, when it is below the working directory. */
  shown(path: string): string {
    if (path === "-") return "standard input";
    const short = relative(this.#workingDirectory, path);
    return short === "" || short.startsWith("..") ? path : short;
  }
}

/** Relative to a directory. */
export function resolved(directory: string, path: string): string {
  return isAbsolute(path) ? normalize(path) : join(directory, path);
}

export function directoryOf(path: string, workingDirectory: string): string {
  return path === "-" ? workingDirectory : dirname(path);
}
