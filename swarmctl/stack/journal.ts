import { messageOf } from "../../shared/errors.ts";
import type { Output } from "../cli.ts";

/** What has been done, with how to undo it: the last first, each by itself. */
export class Journal {
  readonly #undos: { readonly what: string; readonly undo: () => Promise<void> }[] = [];

  add(what: string, undo: () => Promise<void>): void {
    this.#undos.push({ what, undo });
  }

  /** @returns whether all is as it was; what could not be undone is told. */
  async undoAll(output: Output): Promise<boolean> {
    let isWhole = true;
    for (const { what, undo } of this.#undos.splice(0).reverse()) {
      output.line(what);
      try {
        await undo();
      } catch (error) {
        isWhole = false;
        output.warn(`Error: ${what}: ${messageOf(error)}`);
      }
    }
    return isWhole;
  }
}
