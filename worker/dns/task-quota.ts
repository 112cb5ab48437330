import type { ContainerKey } from "../../shared/ids.ts";

/** How much of something each task uses at the moment, so that one leaves room for the others. */
export class TaskQuota {
  readonly #perTaskMax: number;
  readonly #totalMax: number;
  readonly #used = new Map<ContainerKey, number>();
  #total = 0;

  constructor(perTaskMax: number, totalMax: number) {
    this.#perTaskMax = perTaskMax;
    this.#totalMax = totalMax;
  }

  /** One more for the task until it is disposed of; null = there is none left. */
  take(taskId: ContainerKey): Disposable | null {
    const used = this.#used.get(taskId) ?? 0;
    if (used >= this.#perTaskMax || this.#total >= this.#totalMax) return null;
    this.#used.set(taskId, used + 1);
    this.#total++;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#total--;
        const left = (this.#used.get(taskId) ?? 0) - 1;
        if (left > 0) this.#used.set(taskId, left);
        else this.#used.delete(taskId);
      },
    };
  }
}
