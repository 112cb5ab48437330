import type { DiagnosisProgress } from "../../shared/rpc/gen/doctor.ts";
import type { Output } from "../cli.ts";
import { ellipsis } from "../format/table.ts";

/** One line that says who has not answered yet; only for a person who watches. */
export class ProgressLine {
  readonly #output: Output;
  readonly #isShown: boolean;
  #drawn = 0;

  constructor(output: Output, isWanted: boolean) {
    this.#output = output;
    this.#isShown = isWanted && output.isTerminal;
  }

  show({ hosts, waiting }: DiagnosisProgress): void {
    if (!this.#isShown) return;
    const whom = waiting.length === 0 ? "" : `; waiting for ${waiting.join(", ")}`;
    const text = `Examining ${hosts} host${hosts === 1 ? "" : "s"}${whom}`;
    this.#output.redraw(this.#drawn, [ellipsis(text, Math.max(1, this.#output.columns - 1))]);
    this.#drawn = 1;
  }

  clear(): void {
    if (this.#drawn > 0) this.#output.redraw(this.#drawn, []);
    this.#drawn = 0;
  }
}
