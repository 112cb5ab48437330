import { PULLING } from "../../../shared/objects/pull-words.ts";
import type { ServiceProgress, SlotProgress } from "../../../shared/rpc/gen/control.ts";
import type { TaskState } from "../../../shared/rpc/gen/objects.ts";
import { visible } from "../../../shared/visible-text.ts";
import type { Output } from "../../cli.ts";
import { ellipsis } from "../../format/table.ts";

/** Slots that are drawn one by one; if there are more, only the sum is shown. */
const SLOTS_SHOWN_MAX = 20;
const BAR_LENGTH = 50;
/** The states up to RUNNING, for the bar; after that the bar is full. */
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

/** Shows the progress of a service. */
export interface ProgressView {
  show(progress: ServiceProgress): void;
  /** A separate line: "verify: ...". */
  note(text: string): void;
}

/** Lines that are redrawn in place on a terminal; otherwise one line for each change. */
export function createView(output: Output, quiet: boolean): ProgressView {
  if (quiet) return { show: () => {}, note: () => {} };
  return output.isTerminal ? new LiveView(output) : new PlainView(output);
}

/** States as they come; an error only once, not again with each state of the next task. */
class PlainView implements ProgressView {
  readonly #output: Output;
  readonly #said = new Map<string, string>();

  constructor(output: Output) {
    this.#output = output;
  }

  show(progress: ServiceProgress): void {
    for (const slot of progress.slots) {
      const { name, state, message } = slot;
      const error = errorText(slot);
      const word = state.toLowerCase();
      // Nothing has been made in it yet, as in slots whose turn comes late: no news.
      if (state === "NEW" && error === "" && !this.#said.has(`state ${name}`)) continue;
      const isNewError = error !== "" && this.#isNew(`error ${name}`, error);
      if (this.#isNew(`state ${name}`, word) || isNewError) {
        this.#output.line(visible(`${progress.name}.${name}: ${word}${isNewError ? `: ${error}` : ""}`));
      }
      // How far it is changes all the time; that it is under way is enough for a log.
      if (isPull(message) && this.#isNew(`pull ${name}`, "under way")) {
        this.#output.line(visible(`${progress.name}.${name}: ${message}`));
      }
    }
    for (const line of [overallLine(progress), ...serviceLines(progress)]) {
      if (this.#isNew(line.slice(0, line.indexOf(":")), line)) this.#output.line(visible(line));
    }
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

  show(progress: ServiceProgress): void {
    const width = Math.max(0, ...progress.slots.map(({ name }) => label(name, progress).length));
    const slots = progress.slots.length > SLOTS_SHOWN_MAX ? [] : progress.slots;
    this.#progress = [
      overallLine(progress),
      ...slots.map((slot) => `${label(slot.name, progress).padEnd(width)}: ${liveText(slot)}`),
      ...serviceLines(progress),
    ];
    this.#draw();
  }

  note(text: string): void {
    this.#note = text;
    this.#draw();
  }

  #draw(): void {
    const lines = [...this.#progress, ...(this.#note === "" ? [] : [this.#note])];
    // A line that wraps would take two rows, and the next redraw would not move up far enough.
    const fitting = lines.map((line) => ellipsis(visible(line), Math.max(1, this.#output.columns - 1)));
    this.#output.redraw(this.#drawn, fitting);
    this.#drawn = lines.length;
  }
}

function overallLine({ running, wanted, job, completed }: ServiceProgress): string {
  if (job) return `job progress: ${completed} out of ${wanted} complete, ${running} running`;
  return `overall progress: ${running} out of ${wanted} tasks`;
}

/** What to say about the service as a whole. */
function serviceLines({ updateStatus, troubles, waiting }: ServiceProgress): readonly string[] {
  return [
    ...(updateStatus?.state === "ROLLBACK_STARTED" ? [`rollback: ${updateStatus.message}`] : []),
    ...(waiting === ""
      ? []
      : [`${waiting.includes(" pre-deploy command") ? "pre-deploy" : "dependencies"}: ${waiting}`]),
    ...troubles.map(({ loop, sentence }) => `trouble: ${loop}: ${sentence}`),
  ];
}

/** "2/5" for a replicated service, as in Docker; host names are shown unchanged. */
function label(name: string, { wanted, global }: ServiceProgress): string {
  return global ? name : `${name}/${wanted}`;
}

function liveText(slot: SlotProgress): string {
  const word = slot.state.toLowerCase().padEnd(9);
  if (slot.error !== "") return `${word} ${errorText(slot).replaceAll("\n", " ")}`;
  if (isPull(slot.message)) return `${word} ${slot.message}`;
  const step = STEPS.indexOf(slot.state);
  return `${word} [${bar(step < 0 ? 1 : step / (STEPS.length - 1))}]`;
}

/** "" = nothing is wrong. */
function errorText({ error, errorIsEarlier }: SlotProgress): string {
  return errorIsEarlier ? `the task before failed: ${error}` : error;
}

/** Bytes and percent, which a bar of states does not show. */
function isPull(message: string): boolean {
  return message.startsWith(PULLING);
}

/** `=====>     `; full when it is done. */
function bar(share: number): string {
  const filled = Math.floor(BAR_LENGTH * share);
  return `${"=".repeat(filled)}>`.slice(0, BAR_LENGTH + 1).padEnd(BAR_LENGTH + 1);
}
