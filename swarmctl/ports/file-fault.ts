import { messageOf } from "../../shared/errors.ts";

const WHY: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EISDIR", "it is a directory"],
  ["ENOSPC", "the disk is full"],
  ["ENOTDIR", "a part of the path is no directory"],
  ["EROFS", "its file system is read-only"],
]);

/** What is missing where a file is to be written. */
export const NO_DIRECTORY = "there is no such directory";

/** Why a file cannot be used, without the kernel's words; what is not there is `missing`. */
export function fileFault(cause: unknown, missing: string): string {
  const { code } = cause as NodeJS.ErrnoException;
  return code === "ENOENT" ? missing : (WHY.get(code ?? "") ?? messageOf(cause));
}
