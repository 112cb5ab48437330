import { SwarmError } from "../shared/errors.ts";

/** To exhaust these, others would have to change the same object during every try. */
const TRIES_MAX = 5;

/**
 * Runs `readAndWrite`, and again if the object was changed between reading and writing, so that what is written is
 * computed from the newest state.
 */
export async function againIfOutrun<T>(readAndWrite: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readAndWrite();
    } catch (error) {
      if (!(error instanceof SwarmError) || error.code !== "aborted" || attempt === TRIES_MAX) throw error;
    }
  }
}
