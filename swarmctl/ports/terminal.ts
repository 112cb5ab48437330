import type { Sink } from "../printer.ts";

const USUAL_COLUMNS = 80;

/** This process's standard output and standard error. */
export function terminalSink(): Sink {
  // A reader that stops early, such as `head`, is not a failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  return {
    isTerminal: process.stdout.isTTY === true && process.env["TERM"] !== "dumb",
    get columns() {
      // A terminal that does not know its size, as under `script` or on a serial line, reports 0.
      return process.stdout.columns || USUAL_COLUMNS;
    },
    write: (to, data) => void (to === "out" ? process.stdout : process.stderr).write(data),
  };
}

/** Resolves once everything written so far has left this process; pipes are written asynchronously. */
export async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write("", () => resolve()));
  }
}

/** Aborts on Ctrl-C and on a request to end. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort(name));
  return controller.signal;
}
