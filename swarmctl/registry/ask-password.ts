import { SwarmError } from "../../shared/errors.ts";
import type { Cli, Console } from "../cli.ts";
import { usageError } from "../parse/usage.ts";

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACES: ReadonlySet<string> = new Set(["\b", "\u007f"]);
const ENDS: ReadonlySet<string> = new Set(["\r", "\n", CTRL_D]);

/**
 * Asks a person for what is missing; the password is not shown.
 * @throws SwarmError invalidArgument when there is no terminal, cancelled on Ctrl-C.
 */
export async function askAtTerminal(
  cli: Cli,
  registry: string,
  username: string,
): Promise<{ readonly username: string; readonly password: string }> {
  const terminal = await cli.openConsole();
  if (!terminal.stdinIsTerminal) {
    throw usageError("cannot ask for a password without a terminal: use --username and --password-stdin");
  }
  try {
    using _raw = terminal.raw();
    const keys = keysOf(terminal);
    const user = username === "" ? await ask(terminal, keys, `Username for ${registry}: `, true) : username;
    return { username: user, password: await ask(terminal, keys, "Password: ", false) };
  } finally {
    terminal.closeInput();
  }
}

/** Asks for one thing that is not shown. @throws SwarmError cancelled on Ctrl-C. */
export async function askSecret(cli: Cli, prompt: string): Promise<string> {
  const terminal = await cli.openConsole();
  try {
    using _raw = terminal.raw();
    return await ask(terminal, keysOf(terminal), prompt, false);
  } finally {
    terminal.closeInput();
  }
}

async function ask(terminal: Console, keys: AsyncIterator<string>, prompt: string, isShown: boolean): Promise<string> {
  const say = (text: string): Promise<void> => terminal.write("err", Buffer.from(text));
  await say(prompt);
  const typed: string[] = [];
  for (;;) {
    const { value: key, done } = await keys.next();
    if (done === true || ENDS.has(key)) break;
    if (key === CTRL_C) {
      await say("\r\n");
      throw new SwarmError("cancelled", "interrupted: nothing was changed");
    }
    if (BACKSPACES.has(key)) {
      if (typed.pop() !== undefined && isShown) await say("\b \b");
      continue;
    }
    typed.push(key);
    if (isShown) await say(key);
  }
  await say("\r\n");
  return typed.join("");
}

async function* keysOf({ input }: Console): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of input) yield* decoder.decode(bytes, { stream: true });
}
