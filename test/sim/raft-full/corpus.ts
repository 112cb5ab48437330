import type { FullCanary } from "./canaries.ts";

/** A seed worth running for ever. */
export interface Remembered {
  readonly seed: number;
  readonly why: string;
}

/** Seeds that failed once, when their bugs were still there. When what a seed draws changes, they are only seeds. */
export const FAILED_ONCE: readonly Remembered[] = [];

/** Bugs planted at the ports of the shell, from which seed on and within how many they are noticed. */
export const NOTICED: readonly (readonly [canary: FullCanary, from: number, seedsMax: number])[] = [];
