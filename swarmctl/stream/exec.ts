import { SwarmError } from "../../shared/errors.ts";
import type { BidiCall } from "../../shared/rpc/call-types.ts";
import type { ExecInput, ExecOutput, ExecStart } from "../../shared/rpc/gen/streams.ts";
import type { ContainerPlace } from "../../shared/rpc/light/find-container.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import { DEFAULT_DETACH_KEYS, DetachKeys, parseDetachKeys } from "../../shared/run-text/detach-keys.ts";
import type { Cli, Console, Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Flags } from "../flags.ts";
import { envFileLines, parseEnv } from "../parse/words.ts";
import type { EXEC_OPTIONS } from "./options.ts";
import { engineOf, placeOf } from "./place.ts";

type ExecCall = BidiCall<Sendable<ExecInput>, ExecOutput>;

/** Larger pieces of input are cut: a message of the engine is small. */
const PIECE_BYTES = 64 * 1024;

/** What to run: the wire's words for the options. */
export type Start = Sendable<ExecStart> & { readonly tty: boolean };

export const run: Run<typeof EXEC_OPTIONS> = async (cli, [ref = "", ...args], flags) => {
  const start = execStart(cli, args, flags);
  const keys = flags.text("detachKeys");
  await runExec(cli, start, { place: () => placeOf(cli, ref, flags.text("node")), keys });
};

/** Runs a command with this program's terminal or pipes. @throws ExitStatus with the command's exit code. */
export async function runExec(
  cli: Cli,
  start: Start,
  how: { readonly place: ContainerPlace | (() => Promise<ContainerPlace>); readonly keys: string | undefined },
): Promise<void> {
  const keys = new DetachKeys(parseDetachKeys(how.keys ?? DEFAULT_DETACH_KEYS));
  const terminal = await cli.openConsole();
  if (start.tty && start.attachStdin === true && !terminal.stdinIsTerminal) {
    throw new SwarmError("invalidArgument", "the input device is not a TTY");
  }
  const place = typeof how.place === "function" ? await how.place() : how.place;
  await using engine = await engineOf(cli, place);
  const call = engine.streams.exec({ signal: cli.signal });
  const extent = start.tty ? terminal.extent() : null;
  await call.send({ start: { ...start, container: place.container, ...(extent === null ? {} : { size: extent }) } });
  await converse(call, terminal, start, keys);
}

/** @throws SwarmError for variables that make no sense. */
export function execStart(cli: Cli, args: readonly string[], flags: Flags): Start {
  const fromFiles = flags.list("envFile").flatMap((path) => envFileLines(cli.readTextFile(path)));
  const detach = flags.is("detach");
  return {
    args,
    env: [
      ...parseEnv(fromFiles, "--env-file", cli.environment),
      ...parseEnv(flags.list("env"), "--env", cli.environment),
    ],
    user: flags.text("user") ?? "",
    workingDir: flags.text("workdir") ?? "",
    privileged: flags.is("privileged"),
    tty: flags.is("tty") && !detach,
    attachStdin: flags.is("interactive") && !detach,
    attachStdout: !detach,
    attachStderr: !detach,
    detach,
  };
}

/** Passes bytes on both ways until the process has ended. @throws ExitStatus with its exit code. */
async function converse(
  call: ExecCall,
  terminal: Console,
  { tty, attachStdin }: Start,
  keys: DetachKeys,
): Promise<void> {
  using resources = new DisposableStack();
  if (tty) {
    if (attachStdin === true) resources.use(terminal.raw());
    resources.use(
      terminal.onExtent(() => {
        const size = terminal.extent();
        if (size !== null) call.send({ resize: size }).catch(() => {});
      }),
    );
  }
  if (attachStdin === true) {
    resources.defer(() => terminal.closeInput());
    // Its failure shows as the end of the output.
    sendInput(call, terminal.input, tty ? keys : new DetachKeys([])).catch(() => {});
  }
  for await (const output of call.messages) {
    if (output.stdout) await terminal.write("out", output.stdout);
    else if (output.stderr) await terminal.write("err", output.stderr);
    else if (output.exit) {
      const { exitCode, complaint } = output.exit;
      if (complaint !== "") await terminal.write("err", Buffer.from(`${complaint}\n`));
      throw new ExitStatus(exitCode);
    }
  }
}

async function sendInput(call: ExecCall, input: AsyncIterable<Buffer>, keys: DetachKeys): Promise<void> {
  for await (const chunk of input) {
    const { bytes, isDetached } = keys.sift(chunk);
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      await call.send({ stdin: bytes.subarray(at, at + PIECE_BYTES) });
    }
    if (!isDetached) continue;
    await call.send({ detach: {} });
    return;
  }
  await call.send({ endOfInput: {} });
}
