import type { FileKind, OpenFile } from "./host-files.ts";

/**
 * A directory tree that somebody else has filled: an image's root, a volume. Root must not be led out of it, so every
 * path is walked part by part, links are followed inside of the tree only, and what was looked at is what is opened,
 * even when somebody puts a link in its place meanwhile.
 *
 * All methods: @throws SwarmError failedPrecondition when a path needs more than STEPS_MAX steps, follows more than
 * LINKS_MAX links, or when the kernel refuses to go there.
 */
export interface RootedTree extends AsyncDisposable {
  /** Where a path leads to. Parts that are not there are taken as they are written. */
  resolve(path: string): Promise<TreePlace>;
  /** null = there is no regular file. Pipes and devices are never opened. */
  openFile(path: string): Promise<OpenFile | null>;
  /** null = there is no directory. */
  openDirectory(path: string): Promise<OpenDirectory | null>;
  /** A file or directory, to be reached by its handle and never by its name again. null = there is neither. */
  openPlace(path: string): Promise<(OpenPlace & { readonly kind: "file" | "directory" }) | null>;
}

export interface TreePlace {
  /** Absolute in the tree, free of links as far as it exists, without `.` and `..`. */
  readonly path: string;
  /** null = nothing there (yet). */
  readonly kind: FileKind | null;
}

export interface OpenPlace extends AsyncDisposable {
  /** By this path other programs reach this very file or directory, as long as it is open here. */
  readonly handlePath: string;
}

export interface OpenDirectory extends OpenPlace {
  isEmpty(): Promise<boolean>;
}

/** As the kernel's own limit; a loop of links ends here. */
export const LINKS_MAX = 40;
/** Look-ups for one path: no real path has so many parts, and a chain of long links cannot keep the host busy. */
export const STEPS_MAX = 4_096;

export interface RootedTrees {
  /** @throws SwarmError failedPrecondition when the last part of the path is no directory, or a link to one. */
  open(directory: string): Promise<RootedTree>;
}
