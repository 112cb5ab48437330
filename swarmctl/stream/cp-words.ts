import { SwarmError } from "../../shared/errors.ts";

/** One end of a copy. */
export type CopyEnd =
  | { readonly kind: "container"; readonly container: string; readonly path: string }
  | { readonly kind: "local"; readonly path: string }
  /** An archive on standard input or output. */
  | { readonly kind: "archive" };

/** `CONTAINER:PATH`, a path of this host, or `-`. A path that begins with `.` or `/` is one of this host. */
export function parseCopyEnd(text: string): CopyEnd {
  if (text === "-") return { kind: "archive" };
  const colon = text.indexOf(":");
  if (text.startsWith(".") || text.startsWith("/") || colon < 1) return { kind: "local", path: text };
  return { kind: "container", container: text.slice(0, colon), path: text.slice(colon + 1) };
}

/** What is copied, in the words of both sides. */
export interface Source {
  readonly isDirectory: boolean;
  /** Its own name; "." where only its content is meant (`dir/.`). */
  readonly name: string;
}

export interface Destination {
  readonly kind: "none" | "directory" | "other";
  readonly path: string;
}

/** Whether a path means what is in a directory, and not the directory. */
export function meansContent(path: string): boolean {
  return path === "." || path.endsWith("/.");
}

/**
 * Where a copy is put: the path that the source gets, by Docker's rules. A directory goes into one that is there, under
 * its own name unless only its content is meant; a file replaces a file.
 * @throws SwarmError invalidArgument when they do not fit.
 */
export function placeOfCopy(source: Source, { kind, path }: Destination): string {
  const trimmed = path.replace(/\/+$/, "") || "/";
  switch (kind) {
    case "directory":
      return source.name === "." ? trimmed : `${trimmed === "/" ? "" : trimmed}/${source.name}`;
    case "none":
      if (source.isDirectory || !path.endsWith("/")) return trimmed;
      throw new SwarmError("invalidArgument", `no such directory: ${path}`);
    case "other":
      if (source.isDirectory) throw new SwarmError("invalidArgument", `cannot copy a directory to the file ${path}`);
      if (path.endsWith("/")) throw new SwarmError("invalidArgument", `not a directory: ${path}`);
      return trimmed;
  }
}
