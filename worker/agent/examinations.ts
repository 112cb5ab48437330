import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { Logger } from "../../shared/log.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Examination, ExaminationReport, HostFacts } from "../../shared/rpc/gen/doctor.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";

/** Looks at this host; ends in limited time. */
export type Examine = (examination: Examination, signal: AbortSignal) => Promise<HostFacts>;

export interface ExaminationsOptions {
  readonly examine: Examine;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Answers the leader's examinations: one at a time; a newer one ends the one before, and so does its close. */
export class Examinations {
  readonly #options: ExaminationsOptions;
  #current: { readonly id: string; readonly over: AbortController } | null = null;

  constructor(options: ExaminationsOptions) {
    this.#options = options;
  }

  /** `report` takes two reports: the first at once, so that the leader can compare clocks. */
  begin(examination: Examination, report: (what: Sendable<ExaminationReport>) => void, signal: AbortSignal): void {
    const { examine, clock, log } = this.#options;
    const { examinationId } = examination;
    if (examination.close && this.#current?.id !== examinationId) return;
    this.#current?.over.abort(new SwarmError("cancelled", "nobody waits for this examination any more"));
    this.#current = null;
    if (examination.close) return;
    const over = new AbortController();
    this.#current = { id: examinationId, over };
    report({ examinationId, wallMs: clock.wallNow() });
    examine(examination, AbortSignal.any([signal, over.signal]))
      .then((facts) => {
        if (!signal.aborted && !over.signal.aborted) report({ examinationId, wallMs: clock.wallNow(), facts });
      })
      .catch((error: unknown) => log.warn("this host could not be examined", { error: messageOf(error) }));
  }
}
