import { ANSWER, attributesIn, FLAG, type Message, textOf } from "./wire.ts";

/** What the kernel answers to a request it was asked to acknowledge. */
export interface Verdict {
  /** 0 = done; else the number of the error, as in errno(3). */
  readonly errno: number;
  /** The kernel's own words, "" when it has none. */
  readonly words: string;
}

/** Sizes of the header that an error repeats, and where the kernel's words stand among its attributes. */
const HEADER = 16;
const WORDS = 1;

/** null = another kind of message. */
export function readVerdict({ type, flags, body }: Message): Verdict | null {
  if (type !== ANSWER.error || body.length < 4) return null;
  const isCapped = (flags & FLAG.capped) !== 0;
  const repeated = isCapped || body.length < 8 ? HEADER : (body.readUInt32LE(4) + 3) & ~3;
  const words = (flags & FLAG.hasTexts) === 0 ? "" : textOf(attributesIn(body, 4 + repeated).get(WORDS));
  return { errno: -body.readInt32LE(0), words };
}

/** The result of a dump's last message: like a verdict, 0 = all was told. */
export function dumpErrno({ body }: Message): number {
  return body.length < 4 ? 0 : -body.readInt32LE(0);
}

/** Errors that mean something here. */
export const ERRNO = { notThere: 2, noDevice: 19, interrupted: 4, again: 11, lost: 105 } as const;

/** As strerror(3) says it, of those that people meet. */
const SENTENCES: ReadonlyMap<number, string> = new Map([
  [1, "Operation not permitted"],
  [2, "No such file or directory"],
  [3, "No such process"],
  [12, "Out of memory"],
  [13, "Permission denied"],
  [16, "Device or resource busy"],
  [17, "File exists"],
  [19, "No such device"],
  [20, "Not a directory"],
  [22, "Invalid argument"],
  [28, "No space left on device"],
  [34, "Numerical result out of range"],
  [36, "File name too long"],
  [40, "Too many levels of symbolic links"],
  [95, "Operation not supported"],
  [99, "Address not available"],
  [100, "Network is down"],
  [101, "Network is unreachable"],
  [105, "No buffer space available"],
]);

/** For the sentence of an error. */
export function errnoText(errno: number): string {
  return SENTENCES.get(errno) ?? `error ${errno}`;
}

export function verdictText({ errno, words }: Verdict): string {
  return words === "" ? errnoText(errno) : `${errnoText(errno)}: ${words}`;
}
