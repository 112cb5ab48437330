import { SwarmError } from "../errors.ts";

export const DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q";

const CONTROL: ReadonlyMap<string, number> = new Map([
  ...[..."abcdefghijklmnopqrstuvwxyz"].map((letter, at) => [letter, at + 1] as const),
  ...[["@", 0] as const, ["[", 27] as const, ["\\", 28] as const, ["]", 29] as const, ["^", 30] as const],
  ["_", 31],
]);

/**
 * The bytes of a sequence of keys such as "ctrl-p,ctrl-q" or "ctrl-a,d"; "" = none, so that nothing detaches.
 * @throws SwarmError invalidArgument
 */
export function parseDetachKeys(text: string): readonly number[] {
  if (text === "") return [];
  return text.split(",").map((key) => {
    const control = /^ctrl-(.)$/.exec(key)?.[1];
    const byte = control === undefined ? (key.length === 1 ? key.charCodeAt(0) : undefined) : CONTROL.get(control);
    if (byte !== undefined && byte <= 0x7f) return byte;
    const sentence = `invalid --detach-keys ${JSON.stringify(text)}: give letters or ctrl-LETTER, with commas between them`;
    throw new SwarmError("invalidArgument", sentence);
  });
}

/** What is to be sent of some input, and whether the keys were complete in it. */
export interface Sifted {
  readonly bytes: Buffer;
  readonly isDetached: boolean;
}

/** Looks for keys in input, whatever pieces it comes in. A beginning that does not go on is sent after all. */
export class DetachKeys {
  readonly #keys: readonly number[];
  #matched = 0;

  constructor(keys: readonly number[]) {
    this.#keys = keys;
  }

  sift(input: Buffer): Sifted {
    if (this.#keys.length === 0) return { bytes: input, isDetached: false };
    const out: number[] = [];
    for (const byte of input) {
      if (byte === this.#keys[this.#matched]) {
        this.#matched++;
        if (this.#matched === this.#keys.length) return { bytes: Buffer.from(out), isDetached: true };
        continue;
      }
      out.push(...this.#keys.slice(0, this.#matched));
      this.#matched = byte === this.#keys[0] ? 1 : 0;
      if (this.#matched === 0) out.push(byte);
    }
    return { bytes: Buffer.from(out), isDetached: false };
  }
}
