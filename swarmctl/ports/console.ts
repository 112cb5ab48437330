import type { Console, TerminalExtent } from "../cli.ts";
import { catchSignals } from "./terminal.ts";

/** This process's standard streams, byte by byte, for conversing with a program elsewhere. */
export function openConsole(): Console {
  const { stdin, stdout, stderr } = process;
  return {
    stdinIsTerminal: stdin.isTTY === true,
    stdoutIsTerminal: stdout.isTTY === true,
    input: stdin as AsyncIterable<Buffer>,
    async write(to, bytes) {
      const stream = to === "out" ? stdout : stderr;
      if (stream.write(bytes)) return;
      await new Promise<void>((resolve) => stream.once("drain", () => resolve()));
    },
    extent(): TerminalExtent | null {
      const { rows, columns } = stdout;
      return stdout.isTTY === true && rows > 0 && columns > 0 ? { rows, columns } : null;
    },
    onExtent(listener) {
      stdout.on("resize", listener);
      return { [Symbol.dispose]: () => void stdout.off("resize", listener) };
    },
    raw() {
      stdin.setRawMode(true);
      return { [Symbol.dispose]: () => void stdin.setRawMode(false) };
    },
    closeInput() {
      stdin.destroy();
    },
    onSignal: catchSignals,
  };
}
