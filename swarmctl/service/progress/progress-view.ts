import type { TaskState } from "../../../shared/rpc/gen/objects.ts";
import { visible } from "../../../shared/visible-text.ts";
import type { Output } from "../../cli.ts";
import { ellipsis } from "../../format/table.ts";
import type { Progress, SlotProgress } from "./convergence.ts";

/** Slots that are drawn one by one; of more only the sum is shown. */
const SLOTS_SHOWN_MAX = 20;
const BAR_LENGTH = 50;
/** The way to RUNNING, for the bar. */
const STEPS: readonly TaskState[] = [
  "NEW",
  "PENDING",
  "ASSIGNED",
  "ACCEPTED",
  "PREPARING",
  "READY",
  "STARTING",
  "RUNNING",
];

/** Shows how a service comes up. */
export interface ProgressView {
  show(serviceName: string, progress: Progress): void;
  /** A line that stands by itself: "verify: ...". */
  note(text: string): void;
}

/** Lines that are drawn again in place on a terminal, else one line for each change. */
export function createView(output: Output, quiet: boolean): ProgressView {
  if (quiet) return { show: () => {}, note: () => {} };
  return output.isTerminal ? new LiveView(output) : new PlainView(output);
}

/** States as they come; an error once, not again with each state of the next try. */
class PlainView implements ProgressView {
  readonly #output: Output;
  readonly #said = new Map<string, string>();

  constructor(output: Output) {
    this.#output = output;
  }

  show(serviceName: string, progress: Progress): void {
    for (const { key, state, error } of progress.slots) {
      const word = (state ?? "NEW").toLowerCase();
      const isNewError = error !== "" && this.#isNew(`error ${key}`, error);
      if (this.#isNew(`state ${key}`, word) || isNewError) {
        this.#output.line(visible(`${serviceName}.${key}: ${word}${isNewError ? `: ${error}` : ""}`));
      }
    }
    const overall = overallLine(progress);
    if (this.#isNew("overall", overall)) this.#output.line(overall);
  }

  note(text: string): void {
    if (this.#isNew("note", text)) this.#output.line(text);
  }

  #isNew(what: string, text: string): boolean {
    if (this.#said.get(what) === text) return false;
    this.#said.set(what, text);
    return true;
  }
}

class LiveView implements ProgressView {
  readonly #output: Output;
  #progress: readonly string[] = [];
  #note = "";
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  show(_serviceName: string, progress: Progress): void {
    const width = Math.max(0, ...progress.slots.map(({ key }) => label(key, progress).length));
    const slots = progress.slots.length > SLOTS_SHOWN_MAX ? [] : progress.slots;
    this.#progress = [
      overallLine(progress),
      ...slots.map((slot) => `${label(slot.key, progress).padEnd(width)}: ${liveText(slot)}`),
    ];
    this.#draw();
  }

  note(text: string): void {
    this.#note = text;
    this.#draw();
  }

  #draw(): void {
    const lines = [...this.#progress, ...(this.#note === "" ? [] : [this.#note])];
    // A line that wraps would take two rows, and the next drawing would go up too little.
    const fitting = lines.map((line) => ellipsis(visible(line), Math.max(1, this.#output.columns - 1)));
    this.#output.redraw(this.#drawn, fitting);
    this.#drawn = lines.length;
  }
}

function overallLine({ running, wanted }: Progress): string {
  return `overall progress: ${running} out of ${wanted} tasks`;
}

/** "2/5" of a replicated service, as Docker has it; host names stay as they are. */
function label(key: string, { wanted }: Progress): string {
  return /^\d+$/.test(key) ? `${key}/${wanted}` : key;
}

function liveText(slot: SlotProgress): string {
  const word = (slot.state ?? "NEW").toLowerCase().padEnd(9);
  if (slot.error !== "") return `${word} ${slot.error.replaceAll("\n", " ")}`;
  const step = slot.state === null ? 0 : STEPS.indexOf(slot.state) + 1;
  return `${word} [${bar(step / STEPS.length)}]`;
}

/** `=====>     `; whole when it is done. */
function bar(share: number): string {
  const filled = Math.floor(BAR_LENGTH * share);
  return `${"=".repeat(filled)}>`.slice(0, BAR_LENGTH + 1).padEnd(BAR_LENGTH + 1);
}
