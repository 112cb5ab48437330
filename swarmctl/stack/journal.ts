import { messageOf } from "../../shared/errors.ts";
import type { Cli } from "../cli.ts";

/** Not with the cli of the step that is undone: that one's signal may be what made it necessary. */
type Undo = (cli: Cli) => Promise<void>;

/** What has been done, with how to undo it: the last first, each by itself. */
export class Journal {
  readonly #undos: { readonly what: string; readonly undo: Undo }[] = [];

  add(what: string, undo: Undo): void {
    this.#undos.push({ what, undo });
  }

  /** @returns whether all is as it was; what could not be undone is told. */
  async undoAll(cli: Cli): Promise<boolean> {
    const { output } = cli;
    let isWhole = true;
    for (const { what, undo } of this.#undos.splice(0).reverse()) {
      output.line(what);
      try {
        await undo(cli);
      } catch (error) {
        isWhole = false;
        output.warn(`Error: ${what}: ${messageOf(error)}`);
      }
    }
    return isWhole;
  }
}
