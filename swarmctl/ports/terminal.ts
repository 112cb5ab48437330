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
    full: () => {
      const full = [process.stdout, process.stderr].find(({ writableNeedDrain }) => writableNeedDrain);
      return full === undefined ? null : new Promise((resolve) => void full.once("drain", () => resolve()));
    },
  };
}

/** Resolves once everything written so far has left this process; pipes are written asynchronously. */
export async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write("", () => resolve()));
  }
}

type CaughtSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2";
const ENDING: readonly CaughtSignal[] = ["SIGINT", "SIGTERM"];
const CAUGHT: readonly CaughtSignal[] = [...ENDING, "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];

/** Who gets the signals instead of this program. */
const catchers = new Set<(name: string) => void>();

/** Aborts on Ctrl-C and on a request to end; the second one ends the program at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ENDING) {
    const onSignal = (): void => {
      if (catchers.size > 0) return;
      process.off(name, onSignal);
      controller.abort(name);
    };
    process.on(name, onSignal);
  }
  return controller.signal;
}

/** Signals reach `listener` and nobody else, until disposed. */
export function catchSignals(listener: (name: string) => void): Disposable {
  const undo = new DisposableStack();
  catchers.add(listener);
  undo.defer(() => void catchers.delete(listener));
  for (const name of CAUGHT) {
    const onSignal = (): void => listener(name);
    process.on(name, onSignal);
    undo.defer(() => void process.off(name, onSignal));
  }
  return undo;
}
