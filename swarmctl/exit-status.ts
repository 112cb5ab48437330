/**
 * Ends the program with a status of its own after everything was printed: an answer to a question, not a refusal.
 */
export class ExitStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}
