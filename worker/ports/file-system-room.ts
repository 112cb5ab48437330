import { statfs } from "node:fs/promises";

/** Bytes in all and left for root in the file system of a directory. */
export async function fileSystemRoom(
  path: string,
): Promise<{ readonly totalBytes: number; readonly freeBytes: number }> {
  const { bsize, blocks, bfree } = await statfs(path);
  return { totalBytes: bsize * blocks, freeBytes: bsize * bfree };
}
