const BLOCK = 512;
const NAME_BYTES_MAX = 100;
const OWNER_ONLY = "0000600\0";
/** GNU tar's type of an entry whose content is the name of the next one. */
const LONG_NAME = "L";
const FILE = "0";

/** A file without content in a tar, for root alone; the name has one character for each byte. */
export function whiteoutEntry(name: string): Buffer {
  const bytes = Buffer.from(name, "latin1");
  if (bytes.length <= NAME_BYTES_MAX) return header(bytes, FILE, 0);
  const content = Buffer.alloc(Math.ceil((bytes.length + 1) / BLOCK) * BLOCK);
  bytes.copy(content);
  const long = header(Buffer.from("././@LongLink"), LONG_NAME, bytes.length + 1);
  return Buffer.concat([long, content, header(bytes.subarray(0, NAME_BYTES_MAX), FILE, 0)]);
}

/** As GNU tar has it (POSIX.1-1988, "ustar  "). */
function header(name: Buffer, type: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  name.copy(block, 0);
  block.write(OWNER_ONLY, 100, "latin1");
  block.write("0000000\0", 108, "latin1");
  block.write("0000000\0", 116, "latin1");
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  block.write(`${"0".repeat(11)}\0`, 136, "latin1");
  // The sum is made as if its own field were blank.
  block.write(" ".repeat(8), 148, "latin1");
  block.write(type, 156, "latin1");
  block.write("ustar  \0", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
