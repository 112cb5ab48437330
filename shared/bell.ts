/**
 * Wakes one loop. A ring that comes while the loop is busy is not lost, and many rings count as one: the loop looks at
 * the whole state each time, so it needs to know only that something changed.
 */
export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /**
   * Resolves at once if it was rung since the last call, otherwise when it is next rung.
   * @throws the signal's reason when aborted.
   */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung) {
      const onAbort = (): void => this.#wake?.();
      signal.addEventListener("abort", onAbort, { once: true });
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
      signal.removeEventListener("abort", onAbort);
      signal.throwIfAborted();
    }
    this.#rung = false;
  }
}
