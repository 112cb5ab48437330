import { SwarmError } from "../../shared/errors.ts";
import type { RootedTree } from "../ports/rooted-tree.ts";

/** A site with 100,000 accounts needs 6 MB; anything larger is not a list of accounts. */
export const LINES_FILE_BYTES_MAX = 8 << 20;
/** A group with thousands of members is one line. */
export const LINE_BYTES_MAX = 256 << 10;
/**
 * Read and split at a time, about a millisecond of work even when all of it is newlines; other work is done in between.
 */
const SLICE_BYTES = 64 << 10;

const NEWLINE = 0x0a;

/**
 * Lines of a text file of an image, a slice at a time; nothing if there is no such file. The image's maker chose its
 * size, so it is neither held as a whole nor read without limit.
 * @throws SwarmError failedPrecondition when the file or a line in it is larger than the limits above.
 */
export async function* imageLines(tree: RootedTree, path: string): AsyncGenerator<readonly string[], void, void> {
  await using file = await tree.openFile(path);
  if (file === null) return;
  let unfinished = Buffer.alloc(0);
  for (let offset = 0; ; ) {
    const slice = Buffer.from(await file.read(offset, SLICE_BYTES));
    if (slice.length === 0) break;
    offset += slice.length;
    if (offset > LINES_FILE_BYTES_MAX) throw tooLarge(`the image's ${path}`, LINES_FILE_BYTES_MAX);
    const end = slice.lastIndexOf(NEWLINE);
    const bytes = Buffer.concat([unfinished, end === -1 ? slice : slice.subarray(0, end)]);
    if (end === -1) unfinished = bytes;
    else {
      unfinished = slice.subarray(end + 1);
      yield bytes.toString("utf8").split("\n");
    }
    if (unfinished.length > LINE_BYTES_MAX) throw tooLarge(`a line of the image's ${path}`, LINE_BYTES_MAX);
  }
  if (unfinished.length > 0) yield [unfinished.toString("utf8")];
}

function tooLarge(what: string, bytesMax: number): SwarmError {
  return new SwarmError("failedPrecondition", `${what} is larger than ${bytesMax >> 10} KiB, and is not read`);
}
