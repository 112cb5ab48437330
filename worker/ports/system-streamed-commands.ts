import { constants } from "node:os";
import type { Readable } from "node:stream";
import { SwarmError } from "../../shared/errors.ts";
import { killGroup } from "./kill-group.ts";
import { refusalOfShortage, spawnChild } from "./spawn-child.ts";
import type { StreamedCommand, StreamedCommands } from "./streamed-commands.ts";

const EXIT_NOT_FOUND = 127;
const EXIT_SIGNAL_BASE = 128;
const WORDS_CHARACTERS_MAX = 200;

/** Children of this process, each in a process group of its own. */
export const systemStreamedCommands: StreamedCommands = {
  async stream({ argv, signal, env, onStdout, onStderr }: StreamedCommand): Promise<number> {
    const words = argv.join(" ").slice(0, WORDS_CHARACTERS_MAX);
    const cancelled = (): SwarmError => new SwarmError("cancelled", `"${words}" was stopped`);
    if (signal.aborted) throw cancelled();
    const [program, ...args] = argv;
    const ended = Promise.withResolvers<number>();
    const child = spawnChild(
      program,
      args,
      { stdio: ["ignore", "pipe", "pipe"], detached: true, env: { ...process.env, ...env } },
      (error) => {
        const shortage = refusalOfShortage(error, words);
        if (shortage === null) ended.resolve(EXIT_NOT_FOUND);
        else ended.reject(shortage);
      },
    );
    if (child === null || child.pid === undefined) return await ended.promise;
    const kill = (): void => killGroup(child);
    signal.addEventListener("abort", kill, { once: true });
    child.once("exit", (code, name) => {
      ended.resolve(code ?? EXIT_SIGNAL_BASE + (name === null ? 0 : constants.signals[name]));
    });
    try {
      const outputs = Promise.all([pass(child.stdout, onStdout), pass(child.stderr, onStderr)]);
      // A listener that fails must not leave the program waiting for its output to be read.
      outputs.catch(kill);
      const [exitCode] = await Promise.all([ended.promise, outputs]);
      if (signal.aborted) throw cancelled();
      return exitCode;
    } finally {
      signal.removeEventListener("abort", kill);
    }
  },
};

async function pass(from: Readable | null, to: (bytes: Buffer) => Promise<void>): Promise<void> {
  if (from === null) return;
  for await (const chunk of from) await to(chunk as Buffer);
}
