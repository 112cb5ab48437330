import { messageOf, SwarmError } from "../../shared/errors.ts";
import type { AttachStart } from "../../shared/rpc/gen/streams.ts";
import type { HostServices } from "../../shared/rpc/light/host-services.ts";
import type { Sendable } from "../../shared/rpc/sendable.ts";
import type { Cli, Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import type { Flags } from "../flags.ts";
import { parseChoice } from "../parse/numbers.ts";
import { usageError } from "../parse/usage.ts";
import { Conversation } from "../stream/conversation.ts";
import { refuseClusterFlags } from "./cluster-job.ts";
import { engineOfNode } from "./host.ts";
import { makeContainer } from "./make.ts";
import { START_TIMEOUT_MS, STOP_TIMEOUT_MS } from "./timeouts.ts";

/** Docker's: the daemon could not do it. */
const NOT_MADE = 125;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** @throws ExitStatus with the container's exit code, or one of those above. */
export const run: Run = async (cli, args, flags) => {
  if (flags.is("cluster")) {
    const { runOnCluster } = await import("./run-cluster.ts");
    return await runOnCluster(cli, args, flags);
  }
  refuseClusterFlags(flags);
  const streams = await wantedStreams(cli, flags);
  await using engine = await engineOfNode(cli, flags.text("node"));
  let id = "";
  let conversation: Conversation | null = null;
  try {
    id = await makeContainer(cli, args, flags);
    if (streams !== null) {
      conversation = await Conversation.attach(cli, engine, {
        start: { container: id, ...streams, beforeStart: true },
        keys: flags.text("detachKeys"),
        passesSignals: flags.switched("sigProxy") ?? true,
        redraws: false,
      });
    }
    await engine.containers.start({ ref: id }, { signal: cli.signal, timeoutMs: START_TIMEOUT_MS });
  } catch (error) {
    cli.signal.throwIfAborted();
    cli.output.warn(`swarmctl: ${messageOf(error)}`);
    if (id !== "" && flags.is("rm"))
      await engine.containers.remove({ ref: id, force: true, volumes: true }).catch(() => {});
    throw new ExitStatus(statusOf(messageOf(error)));
  }
  if (conversation === null) {
    cli.output.line(id);
    return;
  }
  const end = await conversation.run();
  if (end.kind === "detached") return;
  if (flags.is("rm")) await untilRemoved(engine, id, cli);
  throw new ExitStatus(end.exitCode);
};

/** Which streams are connected; null = the container is left to itself. @throws SwarmError invalidArgument. */
async function wantedStreams(cli: Cli, flags: Flags): Promise<Sendable<AttachStart> | null> {
  const given = flags.list("attach").map((word) => parseChoice(word.toLowerCase(), "--attach", STREAMS));
  if (flags.is("detach")) {
    if (given.length > 0) throw usageError("--detach and --attach say opposite things: give one of them");
    return null;
  }
  const is = (stream: keyof typeof STREAMS): boolean => given.length === 0 || given.includes(stream);
  const stdin = is("stdin") && flags.is("interactive");
  if (stdin && flags.is("tty") && !(await cli.openConsole()).stdinIsTerminal) {
    throw new SwarmError("invalidArgument", "the input device is not a TTY");
  }
  return { stdin, stdout: is("stdout"), stderr: is("stderr") };
}

const STREAMS = { stdin: "stdin", stdout: "stdout", stderr: "stderr" } as const;

/** Its name is free for the next one. */
async function untilRemoved({ containers }: HostServices, ref: string, { signal }: Cli): Promise<void> {
  try {
    await containers.wait({ ref, condition: "REMOVED" }, { signal, timeoutMs: STOP_TIMEOUT_MS });
  } catch (error) {
    if (!(error instanceof SwarmError) || error.code !== "notFound") throw error;
  }
}

function statusOf(sentence: string): number {
  if (/has no program|no such file or directory|executable file/i.test(sentence)) return NOT_FOUND;
  return /permission denied|is a directory|exec format/i.test(sentence) ? NOT_EXECUTABLE : NOT_MADE;
}
