import { DEFAULT_DETACH_KEYS, DetachKeys, parseDetachKeys } from "../shared/run-text/detach-keys.ts";
import { type Hijacked, MULTIPLEXED_STREAM, RAW_STREAM } from "./answer.ts";
import { frameOf } from "./frames.ts";

/** Before this API the stream of frames had the name of the raw one. */
const NAMED_MINOR = 42;
/** Larger pieces of input are cut: a message of the engine is small. */
const PIECE_BYTES = 64 << 10;

/** What goes to a process, as the engine's calls have it. */
type InputMessage =
  | { readonly stdin: Uint8Array }
  | { readonly endOfInput: Record<string, never> }
  | { readonly detach: Record<string, never> };

/** What comes from it. */
interface OutputMessage {
  readonly stdout?: Buffer | undefined;
  readonly stderr?: Buffer | undefined;
}

/** The type of a stream of outputs: a terminal has one, which needs no frames. */
export function streamType(tty: boolean, minor: number): string {
  return tty || minor < NAMED_MINOR ? RAW_STREAM : MULTIPLEXED_STREAM;
}

/** Bytes of an output as they travel. */
export function pieceOf({ stdout, stderr }: OutputMessage, tty: boolean): Buffer | null {
  if (stdout !== undefined) return tty ? stdout : frameOf("stdout", stdout);
  if (stderr !== undefined) return tty ? stderr : frameOf("stderr", stderr);
  return null;
}

/**
 * Passes a caller's input on to its end, or until it presses the keys that leave a process with a terminal alone.
 * @param keys undefined = the usual ones. @throws SwarmError invalidArgument for keys that make no sense.
 */
export function inputPump(
  tty: boolean,
  keys: string | undefined,
): (peer: Hijacked, send: (message: InputMessage) => Promise<void>) => Promise<void> {
  const detachKeys = new DetachKeys(keysOf(tty, keys));
  return async ({ input }, send) => {
    for await (const chunk of input) {
      const { bytes, isDetached } = detachKeys.sift(chunk);
      for (let at = 0; at < bytes.length; at += PIECE_BYTES)
        await send({ stdin: bytes.subarray(at, at + PIECE_BYTES) });
      if (!isDetached) continue;
      await send({ detach: {} });
      return;
    }
    await send({ endOfInput: {} });
  };
}

function keysOf(tty: boolean, keys: string | undefined): readonly number[] {
  const parsed = parseDetachKeys(keys === undefined || keys === "" ? DEFAULT_DETACH_KEYS : keys);
  return tty ? parsed : [];
}
