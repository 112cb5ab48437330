/** Writes tar archives that no honest tool would: names, links, devices and extended headers as they are given. */

export interface TarEntry {
  readonly path: string;
  readonly type?: keyof typeof TYPES;
  readonly mode?: number;
  readonly content?: string | Buffer;
  /** Of links, hard or symbolic. */
  readonly target?: string;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
  readonly xattrs?: Readonly<Record<string, string>>;
}

const TYPES = { file: "0", hardLink: "1", link: "2", character: "3", block: "4", directory: "5", pipe: "6" } as const;
const BLOCK_BYTES = 512;

export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(entryBlocks), Buffer.alloc(2 * BLOCK_BYTES)]);
}

function entryBlocks(entry: TarEntry): readonly Buffer[] {
  const type = entry.type ?? (entry.content === undefined ? "directory" : "file");
  const content = Buffer.from(entry.content ?? "");
  const records = {
    path: entry.path,
    ...(entry.target === undefined ? {} : { linkpath: entry.target }),
    ...Object.fromEntries(Object.entries(entry.xattrs ?? {}).map(([key, value]) => [`SCHILY.xattr.${key}`, value])),
  };
  const extended = Buffer.from(Object.entries(records).map(paxRecord).join(""));
  const mode = entry.mode ?? (type === "directory" ? 0o755 : 0o644);
  return [
    header("extended", "x", 0o644, extended.length, [0, 0]),
    padded(extended),
    header("see the header before", TYPES[type], mode, content.length, entry.device ?? [0, 0]),
    padded(content),
  ];
}

/** The length counts its own digits. */
function paxRecord([key, value]: readonly [string, string]): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (String(length).length + rest !== length) length++;
  return `${length} ${key}=${value}\n`;
}

function header(name: string, type: string, mode: number, size: number, device: readonly [number, number]): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, length: number): number =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  block.write(name, 0, "latin1");
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(" ".repeat(8), 148, "latin1");
  block.write(type, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  octal(device[0], 329, 8);
  octal(device[1], 337, 8);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function padded(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES)]);
}
