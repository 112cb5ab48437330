/** What a directory entry is; symbolic links are never followed. */
export type FileKind = "file" | "directory" | "link" | "whiteout" | "other";

/** What is read as one text is held in memory and parsed in one go: an image store with 10,000 images lists 10 MB. */
export const TEXT_BYTES_MAX = 32 << 20;

/** The new file of `writeText`, made by the process's write of that number. */
export function unfinishedName(path: string, pid: number, write: number): string {
  return `${path}.${pid}.${write}.new`;
}

/** Whether a file of that name is one that `writeText` did not come to rename before its daemon was killed. */
export function isUnfinished(name: string): boolean {
  return /\.\d+\.\d+\.new$/.test(name);
}

/**
 * The host's files, as far as images, volumes and containers need them. Reading functions answer null where there is
 * nothing; every other fault of the system is thrown as it is (with its `code`).
 */
export interface HostFiles {
  /** @throws SwarmError resourceExhausted when the file is larger than `bytesMax`. Default TEXT_BYTES_MAX. */
  readText(path: string, bytesMax?: number): Promise<string | null>;
  /** A window of a file, without its end if `length` reaches beyond. null = no such file. */
  open(path: string): Promise<OpenFile | null>;
  /** Goes on with a file, or begins one for root alone. */
  openToAppend(path: string): Promise<AppendFile>;
  /** Puts a file in the place of another, at once. */
  rename(path: string, to: string): Promise<void>;
  /** When it was last written, Unix milliseconds; 0 where there is nothing. */
  changedAt(path: string): Promise<number>;
  /**
   * Creates or replaces; never seen half written (a new file, then a rename). For root alone unless a mode is given.
   */
  writeText(path: string, text: string, mode?: number): Promise<void>;
  /** Gives an existing file another text, where it is: whoever has it mounted sees that. */
  overwriteText(path: string, text: string): Promise<void>;
  /** Makes a file that is not there yet; nobody else can read it before it is whole. */
  writeBytes(
    path: string,
    bytes: Uint8Array,
    owner: { readonly uid: number; readonly gid: number; readonly mode: number },
  ): Promise<void>;
  /** With parents; existing ones are left as they are. */
  makeDirectory(path: string, mode?: number): Promise<void>;
  /** Puts a directory in the place of an empty one, at once. Resolves with whether that one was empty. */
  replaceEmptyDirectory(path: string, replacement: string): Promise<boolean>;
  /** File or whole tree; nothing there is fine. */
  remove(path: string): Promise<void>;
  /** Names in a directory, sorted; empty where there is no such directory. */
  list(path: string): Promise<readonly string[]>;
  /** null = nothing there. A whiteout (character device 0:0) is how overlayfs says "deleted below". */
  kindOf(path: string): Promise<FileKind | null>;
  /** The device at a path, links followed. null = nothing there, or no device. */
  deviceAt(path: string): Promise<HostDevice | null>;
  readLink(path: string): Promise<string>;
  /** Bytes of a file; 0 where there is none. */
  sizeOf(path: string): Promise<number>;
  /** Which file stands there, and its bytes, without opening it. null = nothing there. */
  lookAt(path: string): Promise<{ readonly inode: number; readonly size: number } | null>;
  /** What stands there, a link not followed; `mode` as in stat(2). null = nothing there. */
  attributesOf(
    path: string,
  ): Promise<{ readonly mode: number; readonly size: number; readonly changedAtMs: number } | null>;
  /** When it was made, in Unix milliseconds; null = nothing there. */
  createdAtMs(path: string): Promise<number | null>;
  /** Gives a file a further name: it stays while it has one. Fails where the name is taken. */
  addName(existing: string, path: string): Promise<void>;
  /** Says a line to whoever listens at a named pipe, without waiting. Resolves with whether somebody does. */
  tellPipe(path: string, line: string): Promise<boolean>;
  /**
   * Says a byte to whoever listens at a named pipe, and takes the pipe away, in one step. `absent` = there is no pipe;
   * `deaf` = it is there, and stays, but nobody listens.
   */
  tellOnce(path: string): Promise<"told" | "absent" | "deaf">;
  /** Calls `onChange` with a name soon after something changed in the directory, or maybe not: poll as well. */
  watch(directory: string, onChange: (name: string) => void): Disposable;
}

/** A file that grows. Bytes are the kernel's when `write` resolves; it is not synced. */
export interface AppendFile extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
}

/** A device as the kernel numbers it. */
export interface HostDevice {
  /** Block or character device. */
  readonly type: "b" | "c";
  readonly major: number;
  readonly minor: number;
  /** Permission bits of its node. */
  readonly fileMode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A file that stays the same one while others are renamed over its path. */
export interface OpenFile extends AsyncDisposable {
  /** Identifies it among the files of the host. */
  readonly inode: number;
  size(): Promise<number>;
  /** At most `length` bytes from `offset`; fewer at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}
