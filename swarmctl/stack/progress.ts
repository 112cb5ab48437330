import type { ServiceProgress } from "../../shared/rpc/gen/control.ts";
import { visible } from "../../shared/visible-text.ts";
import type { Output } from "../cli.ts";
import { ellipsis } from "../format/table.ts";
import type { ProgressView } from "../service/progress/progress-view.ts";

/** One line for each service of a stack: redrawn in place on a terminal, otherwise printed when it changes. */
export class StackProgress {
  readonly #output: Output;
  readonly #isQuiet: boolean;
  readonly #lines = new Map<string, string>();
  #drawn = 0;

  constructor(output: Output, isQuiet: boolean) {
    this.#output = output;
    this.#isQuiet = isQuiet;
  }

  /** The line of one service. */
  viewOf(name: string): ProgressView {
    return {
      show: (progress) => this.#say(name, lineOf(progress, this.#output.isTerminal)),
      note: (text) => {
        // What a service is like says the line itself; a rollback or a wait is news.
        if (!text.startsWith("verify: Waiting")) this.#say(name, text.replace(/^verify: Service converged$/, "runs"));
      },
    };
  }

  /** What follows is printed below the lines. */
  settle(): void {
    this.#drawn = 0;
    this.#lines.clear();
  }

  #say(name: string, text: string): void {
    if (this.#isQuiet || this.#lines.get(name) === text) return;
    this.#lines.set(name, text);
    if (!this.#output.isTerminal) {
      this.#output.line(visible(`${name}: ${text}`));
      return;
    }
    const width = Math.max(...[...this.#lines.keys()].map(({ length }) => length));
    const lines = [...this.#lines].map(([service, line]) =>
      ellipsis(visible(`${service.padEnd(width)}  ${line}`), Math.max(1, this.#output.columns - 1)),
    );
    this.#output.redraw(this.#drawn, lines);
    this.#drawn = lines.length;
  }
}

/** `isLive`: a line that is redrawn may show every step. */
function lineOf(
  { running, wanted, slots, troubles, updateStatus, waiting: dependency }: ServiceProgress,
  isLive: boolean,
): string {
  const failing = slots.find(({ error, running: isUp }) => error !== "" && !isUp);
  const waiting = slots.find(({ running: isUp }) => !isUp);
  const first = troubles[0];
  const details = [
    `${running} out of ${wanted} tasks run`,
    ...(updateStatus?.state === "ROLLBACK_STARTED" ? [`rolling back: ${updateStatus.message}`] : []),
    ...(dependency === "" ? [] : [dependency]),
    ...(failing !== undefined
      ? [`${failing.name}${isLive ? ` ${failing.state.toLowerCase()}` : ""}: ${failing.error}`]
      : waiting !== undefined && isLive
        ? [`${waiting.name} ${waiting.state.toLowerCase()}`]
        : []),
    ...(first === undefined ? [] : [`trouble: ${first.loop}: ${first.sentence}`]),
  ];
  return details.join(", ").replaceAll("\n", " ");
}
