import { messageOf } from "../../shared/errors.ts";
import type { Run } from "../cli.ts";
import { ExitStatus } from "../exit-status.ts";
import { usageError } from "../parse/usage.ts";
import { containersOf } from "./host.ts";
import { makeContainer } from "./make.ts";

/** Docker's: the daemon could not do it. */
const NOT_MADE = 125;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

export const run: Run = async (cli, args, flags) => {
  if (!flags.is("detach")) {
    throw usageError("swarmctl run cannot attach to a container yet: give -d, and see its output by swarmctl logs");
  }
  const containers = await containersOf(cli, flags);
  let id = "";
  try {
    id = await makeContainer(cli, args, flags);
    await containers.start({ ref: id }, { signal: cli.signal, timeoutMs: START_TIMEOUT_MS });
  } catch (error) {
    cli.signal.throwIfAborted();
    cli.output.warn(`swarmctl: ${messageOf(error)}`);
    if (id !== "" && flags.is("rm")) await containers.remove({ ref: id, force: true, volumes: true }).catch(() => {});
    throw new ExitStatus(statusOf(messageOf(error)));
  }
  cli.output.line(id);
};

/** An image may have to be checked, and a volume filled from it. */
const START_TIMEOUT_MS = 130_000;

function statusOf(sentence: string): number {
  if (/has no program|no such file or directory|executable file/i.test(sentence)) return NOT_FOUND;
  return /permission denied|is a directory|exec format/i.test(sentence) ? NOT_EXECUTABLE : NOT_MADE;
}
