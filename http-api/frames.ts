const HEADER_BYTES = 8;
const STREAM_IDS = { stdin: 0, stdout: 1, stderr: 2 } as const;

export type StreamName = keyof typeof STREAM_IDS;

/** Bytes of one of several outputs that share a connection: its number, three zeros, the length, and the bytes. */
export function frameOf(stream: StreamName, bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(HEADER_BYTES + bytes.length);
  frame[0] = STREAM_IDS[stream];
  frame.writeUInt32BE(bytes.length, HEADER_BYTES / 2);
  frame.set(bytes, HEADER_BYTES);
  return frame;
}
