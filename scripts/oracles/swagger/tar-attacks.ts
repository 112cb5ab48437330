/** Archives that a server must survive: names that lead out of it, lies about sizes, and bombs. */
import { gzipSync } from "node:zlib";

/** What must not exist anywhere after a run. */
export const ESCAPED = "escaped-by-fuzz";

const BLOCK_BYTES = 512;
const UP = "../".repeat(12);
/** Of a bomb, unpacked. Small enough to be unpacked by accident on a test machine. */
const BOMB_BYTES = 64 << 20;
const ENTRIES = 5_000;

export function tarAttacks(): readonly (readonly [what: string, bytes: Buffer])[] {
  const end = Buffer.alloc(2 * BLOCK_BYTES);
  const file = (name: string): Buffer =>
    Buffer.concat([header(name, "0", 4), Buffer.from("evil".padEnd(BLOCK_BYTES, "\0"))]);
  const manifest = Buffer.from('[{"Config":"../../../etc/passwd","RepoTags":["../x:1"],"Layers":["/etc/shadow"]}]');
  return [
    ["names that lead up", Buffer.concat([file(`${UP}${ESCAPED}`), end])],
    ["an absolute name", Buffer.concat([file(`/${ESCAPED}`), end])],
    [
      "a link that leads out, and a file behind it",
      Buffer.concat([header("out", "2", 0, "/"), file(`out/${ESCAPED}`), end]),
    ],
    ["a hard link to a file outside", Buffer.concat([header(ESCAPED, "1", 0, `${UP}etc/passwd`), end])],
    ["a device", Buffer.concat([header(ESCAPED, "3", 0), end])],
    ["a size that is not true", header("large", "0", 0o77777777777)],
    ["a negative size", header("negative", "0", -1)],
    ["half an entry", file("half").subarray(0, BLOCK_BYTES + 2)],
    ["no archive", Buffer.from("this is no archive at all")],
    ["nothing", Buffer.alloc(0)],
    ["a broken gzip", gzipSync(Buffer.alloc(1 << 16)).subarray(0, 40)],
    ["a bomb", gzipSync(Buffer.concat([header("bomb", "0", BOMB_BYTES), Buffer.alloc(BOMB_BYTES), end]))],
    [
      "very many entries",
      gzipSync(Buffer.concat([...Array.from({ length: ENTRIES }, (_, at) => file(`f${at}`)), end])),
    ],
    ["a Dockerfile that is a link out", Buffer.concat([header("Dockerfile", "2", 0, "/etc/shadow"), end])],
    [
      "an image that names files outside",
      Buffer.concat([header("manifest.json", "0", manifest.length), padded(manifest), end]),
    ],
    ["a long name that is never told", Buffer.concat([header("././@LongLink", "L", 1 << 30), end])],
  ];
}

function header(name: string, type: string, size: number, target = ""): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number): string => `${value < 0 ? "-" : ""}${Math.abs(value).toString(8)}`.padStart(11, "0");
  block.write(name.slice(0, 100), 0, "latin1");
  block.write("0000644\0", 100, "latin1");
  block.write("0000000\x000000000\0", 108, "latin1");
  block.write(`${octal(size)}\x0000000000000\0`, 124, "latin1");
  block.write(" ".repeat(8), 148, "latin1");
  block.write(type, 156, "latin1");
  block.write(target.slice(0, 100), 157, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES)]);
}
