import { SwarmError } from "../shared/errors.ts";

/** Others would have to change the same object in each of these tries. */
const TRIES_MAX = 5;

/**
 * Runs `readAndWrite`, and again if another change of the object came between its reading and its writing, so that what
 * it writes is computed from what is there then.
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
